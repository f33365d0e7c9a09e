-- What became of reports, for those who brought them; and answers that a repeated request gets again.

-- Cases as routing last told of them. What is new in the next telling becomes changes.
CREATE TABLE followed_case (
    county   text COLLATE "C" NOT NULL,
    case_id  uuid NOT NULL,
    -- Routing's count of the case's changes.
    version  bigint NOT NULL,
    -- A fengqiao.intake.v1.CaseStanding; no personal data.
    standing bytea NOT NULL,
    PRIMARY KEY (county, case_id)
) WITH (fillfactor = 70);

-- Which case a report is in, as routing says: mergers and splits move reports.
CREATE TABLE case_report (
    county     text COLLATE "C" NOT NULL,
    report_id  uuid NOT NULL,
    case_id    uuid NOT NULL,
    source     smallint NOT NULL,
    source_ref text COLLATE "C" NOT NULL,
    PRIMARY KEY (county, report_id)
);
CREATE INDEX case_report_by_case ON case_report (county, case_id, report_id);

-- The last position given, one row for each county and source. Its lock orders the commits, so that positions are
-- dense and in commit order.
CREATE TABLE change_head (
    county   text COLLATE "C" NOT NULL,
    source   smallint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (county, source)
) WITH (fillfactor = 10);

CREATE TABLE report_change (
    county       text COLLATE "C" NOT NULL,
    source       smallint NOT NULL,
    position     bigint NOT NULL,
    -- A fengqiao.intake.v1.ReportChange without its words; no personal data.
    change       bytea NOT NULL,
    -- What was said: a sealed UTF-8 text.
    sealed_words bytea,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (county, source, position)
);

-- How far a source's webhook has taken the changes, and which process looks after it until when.
CREATE TABLE change_webhook (
    county     text COLLATE "C" NOT NULL,
    source     smallint NOT NULL,
    position   bigint NOT NULL,
    holder     uuid NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (county, source)
) WITH (fillfactor = 10);

-- What a request with an Idempotency-Key was answered, so that the same request gets it again.
CREATE TABLE idempotent_answer (
    county      text COLLATE "C" NOT NULL,
    -- Keyed hash of who asked, by which method, and the key.
    request_key bytea NOT NULL,
    -- Keyed hash of what was asked.
    fingerprint bytea NOT NULL,
    begun_at    timestamptz NOT NULL,
    -- The HTTP status; null while the request is being worked on.
    status      smallint,
    -- The answer's content type and body; no personal data.
    content_type text,
    body        bytea,
    PRIMARY KEY (county, request_key)
);
CREATE INDEX idempotent_answer_by_age ON idempotent_answer (county, begun_at);
