-- Of whoever was out in people's homes a keyed hash is kept and no name; of a visit what its newest revision said. The name
-- stays as a column until no process of before writes it, and what those wrote is hashed by one that runs now.
ALTER TABLE visit_stay
    ADD COLUMN visitor_hash bytea,
    ADD COLUMN revision integer NOT NULL DEFAULT 0,
    ALTER COLUMN visitor DROP NOT NULL;
CREATE INDEX visit_stay_hash ON visit_stay (county, visitor_hash, begun_at);
CREATE INDEX visit_stay_left ON visit_stay (county, left_at);
CREATE INDEX visit_stay_named ON visit_stay (county, activity_id) WHERE visitor IS NOT NULL;

-- The activity of intake that fulfilled a duty: what its later revisions say of a visit's time goes before what the duty says.
ALTER TABLE standing_duty ADD COLUMN activity_id uuid;
CREATE INDEX standing_duty_left ON standing_duty (county, left_at) WHERE visitor IS NOT NULL;
