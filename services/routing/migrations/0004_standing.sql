-- Duties besides cases, meetings, signals and rewards.

-- What someone owes besides cases. By when, by whom and how far its clock is stands in `duty`, under the same id
-- and the number 0.
CREATE TABLE standing_duty (
    county         text NOT NULL,
    id             uuid NOT NULL,
    -- The series, the campaign or the family that it belongs to; empty where it stands by itself.
    group_code     text NOT NULL,
    -- Of a series: the first day of its day or week.
    period         date,
    area_code      text NOT NULL,
    -- 0 where no kind of place is meant.
    place          smallint NOT NULL,
    topic          text NOT NULL,
    -- Only its holder's officers and the centre may know of it.
    restricted     boolean NOT NULL,
    -- What it follows from: the rectification of a recheck, the visit of a rectification.
    parent_id      uuid,
    sealed_subject bytea NOT NULL,
    created_at     timestamptz NOT NULL,
    created_by     text NOT NULL,
    outcome        smallint,
    sealed_words   bytea,
    -- Who visited, from when to when.
    visitor        text,
    begun_at       timestamptz,
    left_at        timestamptz,
    hazards        integer NOT NULL DEFAULT 0,
    recorded_at    timestamptz,
    recorded_by    text,
    recorded_as    text
) WITH (fillfactor = 80);
-- A series owes one of each area and period, whoever makes it.
CREATE UNIQUE INDEX standing_duty_series ON standing_duty (county, group_code, period, area_code)
    WHERE period IS NOT NULL;
CREATE INDEX standing_duty_group ON standing_duty (county, group_code) WHERE group_code <> '';
CREATE INDEX standing_duty_parent ON standing_duty (county, parent_id) WHERE parent_id IS NOT NULL;
-- How long someone was out in people's homes.
CREATE INDEX standing_duty_visitor ON standing_duty (county, visitor, begun_at) WHERE begun_at IS NOT NULL;
ALTER TABLE standing_duty ADD PRIMARY KEY (county, id);

-- Up to which period a series was made.
CREATE TABLE duty_series (
    county text NOT NULL,
    code   text NOT NULL,
    made   date NOT NULL,
    PRIMARY KEY (county, code)
);

-- Who looked at something restricted, and why.
CREATE TABLE standing_reading (
    county   text NOT NULL,
    id       uuid NOT NULL,
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    capacity text NOT NULL,
    purpose  text NOT NULL,
    -- The duties that were shown.
    shown    uuid[] NOT NULL,
    PRIMARY KEY (county, id)
);
CREATE TRIGGER standing_reading_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON standing_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

-- What agencies see of a family at risk. Which family it is stands in a keyed hash.
CREATE TABLE family_signal (
    county       text NOT NULL,
    id           uuid NOT NULL,
    family_id    uuid NOT NULL,
    agency       text NOT NULL,
    raised_at    timestamptz NOT NULL,
    raised_by    text NOT NULL,
    sealed_words bytea NOT NULL
);
CREATE INDEX family_signal_family ON family_signal (county, family_id, raised_at);
ALTER TABLE family_signal ADD PRIMARY KEY (county, id);

-- What people get for what they told or did in a case (一事一案一补).
CREATE TABLE reward (
    county        text NOT NULL,
    id            uuid NOT NULL,
    case_id       uuid NOT NULL,
    -- A keyed hash of the person.
    person_id     uuid NOT NULL,
    sealed_person bytea NOT NULL,
    amount_fen    bigint NOT NULL CHECK (amount_fen > 0),
    sealed_words  bytea NOT NULL,
    asked_at      timestamptz NOT NULL,
    asked_by      text NOT NULL,
    state         smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    decided_at    timestamptz,
    decided_by    text
);
-- Once for a case and a person; what was refused may be asked for again.
CREATE UNIQUE INDEX reward_once ON reward (county, case_id, person_id) WHERE state <> 3;
CREATE INDEX reward_asked ON reward (county, asked_at, id);
CREATE INDEX reward_decided ON reward (county, decided_at) WHERE state = 2;
ALTER TABLE reward ADD PRIMARY KEY (county, id);

CREATE TABLE meeting (
    county          text NOT NULL,
    id              uuid NOT NULL,
    kind            smallint NOT NULL,
    -- The Monday of its week.
    week            date NOT NULL,
    title           text NOT NULL,
    opened_at       timestamptz NOT NULL,
    opened_by       text NOT NULL,
    opened_as       text NOT NULL,
    held_at         timestamptz,
    attendees       jsonb NOT NULL DEFAULT '[]',
    sealed_minutes  bytea,
    recorded_at     timestamptz,
    recorded_by     text,
    recorded_as     text
);
-- A week has one joint meeting.
CREATE UNIQUE INDEX meeting_week ON meeting (county, week) WHERE kind = 1;
CREATE INDEX meeting_list ON meeting (county, opened_at, id);
ALTER TABLE meeting ADD PRIMARY KEY (county, id);

CREATE TABLE meeting_item (
    county      text NOT NULL,
    meeting_id  uuid NOT NULL,
    no          integer NOT NULL,
    case_id     uuid NOT NULL,
    case_number text NOT NULL,
    -- Why it is on the agenda.
    reasons     smallint[] NOT NULL,
    -- How many decisions on it were recorded.
    decisions   integer NOT NULL DEFAULT 0,
    PRIMARY KEY (county, meeting_id, no)
);
CREATE UNIQUE INDEX meeting_item_case ON meeting_item (county, meeting_id, case_id);

-- The reports of a meeting: their references begin with its id (S1-08).
CREATE INDEX case_report_meeting ON case_report (county, source_ref text_pattern_ops) WHERE source = 9;
-- What the grids told on a day (S4-02).
CREATE INDEX case_report_grid_day ON case_report (county, accepted_at) WHERE source = 3;
