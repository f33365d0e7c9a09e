-- Facts without personal data. The county stands first in every key, so that rows can be spread by it.
--
-- The three topics that feed these tables are independent of each other: a report's case may be known
-- before the report, a push's receipt before its request. Whatever the first of them does not know is
-- null until the other comes; a row whose time role is still null is in no figure.

CREATE TABLE report_fact (
    county text NOT NULL,
    report_id uuid NOT NULL,
    -- From intake. accepted_at is that of the first revision, the rest that of the newest.
    revision integer,
    source smallint,
    area_code text,
    category text,
    repeat boolean,
    occurred_at timestamptz,
    accepted_at timestamptz,
    -- From routing.
    case_id uuid,
    PRIMARY KEY (county, report_id)
);
CREATE INDEX report_fact_accepted ON report_fact (county, accepted_at);

-- Each case as its newest change left it.
CREATE TABLE case_fact (
    county text NOT NULL,
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    state smallint NOT NULL,
    level smallint NOT NULL,
    area_code text NOT NULL,
    category text NOT NULL,
    first_source smallint NOT NULL,
    lead_agency text NOT NULL,
    opened_at timestamptz NOT NULL,
    resolved_at timestamptz,
    closed_at timestamptz,
    PRIMARY KEY (county, case_id)
);
CREATE INDEX case_fact_opened ON case_fact (county, opened_at);

CREATE TABLE push_fact (
    county text NOT NULL,
    push_id uuid NOT NULL,
    -- From routing.
    case_id uuid,
    agency text,
    form smallint,
    level smallint,
    area_code text,
    category text,
    first_source smallint,
    requested_at timestamptz,
    -- From notification: when each first happened.
    delivered_at timestamptz,
    signed_at timestamptz,
    returned_at timestamptz,
    feedback_at timestamptz,
    PRIMARY KEY (county, push_id)
);
CREATE INDEX push_fact_requested ON push_fact (county, requested_at);

-- The value of one dimension of a fact, as text. One simple expression, so that the planner takes it
-- into the query and, knowing the dimension, keeps its one branch only.
CREATE FUNCTION dimension_value(
    dimension text, cut integer, area_code text, agency text, source smallint, level smallint,
    category text, local_time timestamp
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        CASE dimension
            WHEN 'area' THEN CASE WHEN cut = 0 THEN area_code ELSE left(area_code, cut) END
            WHEN 'agency' THEN agency
            WHEN 'source' THEN source::text
            WHEN 'level' THEN level::text
            WHEN 'category' THEN category
            WHEN 'day' THEN to_char(local_time, 'YYYY-MM-DD')
            WHEN 'week' THEN to_char(local_time, 'IYYY-"W"IW')
            WHEN 'month' THEN to_char(local_time, 'YYYY-MM')
        END, '')
$$;
