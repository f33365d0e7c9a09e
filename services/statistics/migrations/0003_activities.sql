-- What people did that is no report, as its newest revision says.
CREATE TABLE activity_fact (
    county text NOT NULL,
    activity_id uuid NOT NULL,
    revision integer NOT NULL,
    source smallint NOT NULL,
    kind smallint NOT NULL,
    area_code text NOT NULL,
    agency text NOT NULL,
    begun_at timestamptz NOT NULL,
    minutes integer NOT NULL,
    count integer NOT NULL,
    PRIMARY KEY (county, activity_id)
);
CREATE INDEX activity_fact_begun ON activity_fact (county, begun_at);
