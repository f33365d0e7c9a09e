-- A bounded piece of what nobody repeats any more.
WITH old AS MATERIALIZED (
    SELECT county, principal, request_id FROM command_answer WHERE answered_at < $1 LIMIT $2
)
DELETE FROM command_answer AS answer USING old
WHERE answer.county = old.county AND answer.principal = old.principal AND answer.request_id = old.request_id
