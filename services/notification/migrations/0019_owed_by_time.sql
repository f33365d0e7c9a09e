-- What an agency owes in the order in which it is due, so that what is late is counted whatever else is owed: what is to be
-- signed, and what is to be answered. A push has its row in one of the two at most, as it had in the one that they replace.
CREATE INDEX IF NOT EXISTS push_to_sign ON push (county, agency, sign_by) WHERE receipt = 1;
CREATE INDEX IF NOT EXISTS push_to_answer ON push (county, agency, answer_by) WHERE receipt = 2 OR receipt = 4 AND last_outcome = 1;
DROP INDEX IF EXISTS push_owed;
