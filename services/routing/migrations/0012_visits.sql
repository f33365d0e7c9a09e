-- Visits that no duty asked for: how long someone was out in people's homes. Whom they visited is not here.
CREATE TABLE visit_stay (
    county      text NOT NULL,
    -- Intake's id of the activity.
    activity_id uuid NOT NULL,
    -- Whom the source names, or who handed it in.
    visitor     text NOT NULL,
    begun_at    timestamptz NOT NULL,
    left_at     timestamptz NOT NULL
);
CREATE INDEX visit_stay_visitor ON visit_stay (county, visitor, begun_at);
ALTER TABLE visit_stay ADD PRIMARY KEY (county, activity_id);
