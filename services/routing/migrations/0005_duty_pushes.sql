-- Reminders of duties besides cases, and how long such a duty is.

-- The reminders that were asked for, as case_push has those of cases. What becomes of them stands with notification:
-- nothing of the duty follows from it.
CREATE TABLE duty_push (
    county       text NOT NULL,
    push_id      uuid NOT NULL,
    duty_id      uuid NOT NULL,
    agency       text NOT NULL,
    form         smallint NOT NULL,
    level        smallint NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    PRIMARY KEY (county, push_id)
);
CREATE INDEX duty_push_duty ON duty_push (county, duty_id);

-- So many working days of the official calendar; where none are said, its start and its end say how long it is.
-- Of a duty from before it is not known, and it keeps its time.
ALTER TABLE standing_duty ADD COLUMN working_days smallint;
