-- What was received, without what is personal, for ever: facts are made of it, and can be made of it anew. An event that
-- comes twice is one.
CREATE TABLE event (
    county text NOT NULL,
    -- The report, case, push or activity that it is about.
    id uuid NOT NULL,
    -- 1 report, 2 case, 3 push, 4 activity.
    entity smallint NOT NULL,
    -- Which kind of event.
    kind smallint NOT NULL,
    -- Another thing that it names and that is part of its identity; all zeros where there is none.
    other uuid NOT NULL,
    -- Which of its kind: a revision, a version, a time.
    ordinal bigint NOT NULL,
    happened_at timestamptz NOT NULL,
    -- When it was received first: one time for a batch, later than that of any batch before.
    known_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    PRIMARY KEY (county, entity, id, kind, other, ordinal)
);

-- Which generation of facts holds. While facts are made anew, both generations are written.
CREATE TABLE generation (
    county text NOT NULL PRIMARY KEY,
    -- 0 where the facts of an older version of the service are still to be taken over.
    current integer NOT NULL,
    building integer,
    -- The last time at which something was received.
    known_at timestamptz NOT NULL
);

-- Facts. A row says from when until when it was the newest that was known; the present ones have no end. Their columns
-- are explained where they are made: src/domain/facts.
CREATE TABLE fact_report (
    county text NOT NULL,
    generation integer NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    seq integer NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    case_id uuid,
    source smallint NOT NULL,
    area_code text NOT NULL,
    category text NOT NULL,
    repeat boolean NOT NULL,
    drill boolean NOT NULL,
    occurred_at timestamptz,
    accepted_at timestamptz,
    PRIMARY KEY (county, generation, id, part, seq)
);
CREATE INDEX fact_report_accepted ON fact_report (county, generation, accepted_at);
CREATE INDEX fact_report_case ON fact_report (county, generation, case_id);

-- One row for each version of a case.
CREATE TABLE fact_case (
    county text NOT NULL,
    generation integer NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    seq integer NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    case_id uuid,
    state smallint NOT NULL,
    level smallint NOT NULL,
    area_code text NOT NULL,
    category text NOT NULL,
    source smallint NOT NULL,
    agency text NOT NULL,
    merged boolean NOT NULL,
    drill boolean NOT NULL,
    opened_at timestamptz,
    signed_at timestamptz,
    contacted_at timestamptz,
    settled_at timestamptz,
    first_settled_at timestamptz,
    closed_at timestamptz,
    reopened_at timestamptz,
    followed_at timestamptz,
    revisited_at timestamptz,
    agreed_at timestamptz,
    mediated_at timestamptz,
    criminal_at timestamptz,
    public_order_at timestamptz,
    handle_due_at timestamptz,
    perform_due_at timestamptz,
    performed boolean NOT NULL,
    residents_credited boolean NOT NULL,
    major boolean NOT NULL,
    settled_place smallint NOT NULL,
    method smallint NOT NULL,
    reports integer NOT NULL,
    sessions integer NOT NULL,
    returns integer NOT NULL,
    extensions integer NOT NULL,
    supervisions integer NOT NULL,
    reopened integer NOT NULL,
    revisits_effective integer NOT NULL,
    revisits_solved integer NOT NULL,
    revisits_rated integer NOT NULL,
    revisits_content integer NOT NULL,
    revisits_mostly_content integer NOT NULL,
    PRIMARY KEY (county, generation, id, part, seq)
);
CREATE INDEX fact_case_opened ON fact_case (county, generation, opened_at) WHERE valid_until IS NULL;
CREATE INDEX fact_case_settled ON fact_case (county, generation, settled_at) WHERE valid_until IS NULL;
-- What was open at a time.
CREATE INDEX fact_case_open ON fact_case (county, generation, valid_from, valid_until) WHERE state = 1;

CREATE TABLE fact_push (
    county text NOT NULL,
    generation integer NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    seq integer NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    case_id uuid,
    agency text NOT NULL,
    form smallint NOT NULL,
    level smallint NOT NULL,
    area_code text NOT NULL,
    category text NOT NULL,
    source smallint NOT NULL,
    drill boolean NOT NULL,
    requested_at timestamptz,
    due_at timestamptz,
    sign_due_at timestamptz,
    feedback_due_at timestamptz,
    delivered_at timestamptz,
    signed_at timestamptz,
    returned_at timestamptz,
    feedback_at timestamptz,
    answered_at timestamptz,
    PRIMARY KEY (county, generation, id, part, seq)
);
CREATE INDEX fact_push_requested ON fact_push (county, generation, requested_at) WHERE known_until IS NULL;

-- The id is the case's, the part the number of the duty in it.
CREATE TABLE fact_duty (
    county text NOT NULL,
    generation integer NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    seq integer NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    case_id uuid,
    kind smallint NOT NULL,
    agency text NOT NULL,
    level smallint NOT NULL,
    area_code text NOT NULL,
    category text NOT NULL,
    source smallint NOT NULL,
    drill boolean NOT NULL,
    started_at timestamptz,
    due_at timestamptz,
    met_at timestamptz,
    dropped_at timestamptz,
    PRIMARY KEY (county, generation, id, part, seq)
);
CREATE INDEX fact_duty_due ON fact_duty (county, generation, due_at) WHERE known_until IS NULL;

CREATE TABLE fact_activity (
    county text NOT NULL,
    generation integer NOT NULL,
    id uuid NOT NULL,
    part smallint NOT NULL,
    seq integer NOT NULL,
    known_from timestamptz NOT NULL,
    known_until timestamptz,
    source smallint NOT NULL,
    kind smallint NOT NULL,
    area_code text NOT NULL,
    agency text NOT NULL,
    level smallint NOT NULL,
    category text NOT NULL,
    begun_at timestamptz,
    minutes integer NOT NULL,
    number integer NOT NULL,
    drill boolean NOT NULL,
    PRIMARY KEY (county, generation, id, part, seq)
);
CREATE INDEX fact_activity_begun ON fact_activity (county, generation, begun_at) WHERE known_until IS NULL;

-- Who took which case out of which indicator of the league tables, and who let it count again. Rows are never deleted,
-- and only their end is ever set.
CREATE TABLE exclusion (
    county text NOT NULL,
    exclusion_id uuid NOT NULL,
    indicator text NOT NULL,
    case_id uuid NOT NULL,
    reason text NOT NULL,
    excluded_by text NOT NULL,
    excluded_at timestamptz NOT NULL,
    included_by text,
    included_at timestamptz,
    included_reason text,
    PRIMARY KEY (county, exclusion_id)
);
-- A case is taken out of an indicator once at a time.
CREATE UNIQUE INDEX exclusion_once ON exclusion (county, indicator, case_id) WHERE included_at IS NULL;
CREATE INDEX exclusion_newest ON exclusion (county, excluded_at, exclusion_id);

-- Facts of an older version of the service are taken over when it starts; until then they hold. See
-- src/store/sql/take_over_*.sql.
INSERT INTO generation (county, current, known_at)
SELECT county, 0, now()
FROM (
    SELECT county FROM report_fact UNION SELECT county FROM case_fact UNION SELECT county FROM push_fact
    UNION SELECT county FROM activity_fact
) AS counted;
