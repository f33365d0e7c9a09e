-- What routing owns. County first in every key, so that rows can be spread by county.

-- One row a case, as it is now.
CREATE TABLE case_file (
    county             text NOT NULL,
    id                 uuid NOT NULL,
    number             text NOT NULL,
    cluster_id         uuid NOT NULL,
    state              smallint NOT NULL CHECK (state BETWEEN 1 AND 4),
    level              smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
    -- Rule, version of the rules, text, facts. No personal data.
    level_reason       jsonb NOT NULL,
    -- The officer's words, where a person set the level.
    sealed_level_words bytea,
    area_code          text NOT NULL,
    category           text NOT NULL,
    first_source       smallint NOT NULL,
    first_receiver     text NOT NULL,
    lead_agency        text NOT NULL,
    version            bigint NOT NULL CHECK (version > 0),
    opened_at          timestamptz NOT NULL,
    resolved_at        timestamptz,
    closed_at          timestamptz,
    report_count       integer NOT NULL CHECK (report_count > 0),
    history_count      bigint NOT NULL,
    sealed_matter      bytea NOT NULL,
    UNIQUE (county, number)
) WITH (fillfactor = 80);

-- A cluster has at most one case that still takes reports.
CREATE UNIQUE INDEX case_file_live_cluster ON case_file (county, cluster_id) WHERE state IN (1, 2);
-- The order of lists: the most dangerous first, then the oldest.
CREATE INDEX case_file_list ON case_file (county, (-level), opened_at, (id::text));
-- Last of all, here and below. On a table that has no statistics yet, an index on the county alone looks as
-- good to the planner as this one, and of equals it takes the newest; foreign keys keep such a plan for long.
ALTER TABLE case_file ADD PRIMARY KEY (county, id);

-- Which case a report belongs to. The key makes it exactly one, however often the event comes.
CREATE TABLE case_report (
    county         text NOT NULL,
    report_id      uuid NOT NULL,
    case_id        uuid NOT NULL,
    revision       integer NOT NULL,
    source         smallint NOT NULL,
    source_ref     text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    accepted_at    timestamptz NOT NULL,
    repeat         boolean NOT NULL,
    repeat_reasons jsonb NOT NULL,
    FOREIGN KEY (county, case_id) REFERENCES case_file (county, id)
);
CREATE INDEX case_report_case ON case_report (county, case_id, occurred_at);
ALTER TABLE case_report ADD PRIMARY KEY (county, report_id);

CREATE TABLE case_push (
    county       text NOT NULL,
    push_id      uuid NOT NULL,
    case_id      uuid NOT NULL,
    agency       text NOT NULL,
    form         smallint NOT NULL,
    level        smallint NOT NULL,
    requested_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    signed_at    timestamptz,
    returned_at  timestamptz,
    feedback_at  timestamptz,
    FOREIGN KEY (county, case_id) REFERENCES case_file (county, id)
) WITH (fillfactor = 80);
CREATE INDEX case_push_case ON case_push (county, case_id);
-- Which cases an agency may see.
CREATE INDEX case_push_agency ON case_push (county, agency, case_id);
ALTER TABLE case_push ADD PRIMARY KEY (county, push_id);

-- Append-only: a correction is a new entry.
CREATE TABLE case_history (
    county        text NOT NULL,
    case_id       uuid NOT NULL,
    sequence      bigint NOT NULL CHECK (sequence > 0),
    at            timestamptz NOT NULL,
    kind          smallint NOT NULL,
    actor         text NOT NULL,
    capacity      text NOT NULL,
    text          text NOT NULL,
    sealed_remark bytea,
    trace_id      text NOT NULL,
    PRIMARY KEY (county, case_id, sequence),
    FOREIGN KEY (county, case_id) REFERENCES case_file (county, id)
);

CREATE FUNCTION refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the history of cases is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER case_history_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON case_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

-- What a command's request id stands for, so that a second send answers as the first did.
CREATE TABLE command_answer (
    county      text NOT NULL,
    principal   text NOT NULL,
    request_id  text NOT NULL,
    case_id     uuid NOT NULL,
    -- A keyed hash of the command: the same id with another command is refused.
    digest      bytea NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (county, principal, request_id)
);
CREATE INDEX command_answer_age ON command_answer (answered_at);

-- The last running number of a day.
CREATE TABLE case_number_series (
    county text NOT NULL,
    day    text NOT NULL CHECK (day ~ '^[0-9]{8}$'),
    last   integer NOT NULL,
    PRIMARY KEY (county, day)
) WITH (fillfactor = 10);
