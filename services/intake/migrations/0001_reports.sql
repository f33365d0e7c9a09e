-- What intake owns. County first in every key, so that the rows spread over a distributed Postgres.
-- Codes compare by byte ("C"): they are no words, and every insert compares them.

-- The newest content of each report.
CREATE TABLE report (
    county          text COLLATE "C" NOT NULL,
    -- UUID version 7, made when the report was first accepted: its order is the order of acceptance.
    report_id       uuid NOT NULL,
    source          smallint NOT NULL,
    source_ref      text COLLATE "C" NOT NULL,
    revision        integer NOT NULL,
    -- Keyed hash of the content; equal for equal content.
    fingerprint     bytea NOT NULL,
    occurred_at     timestamptz NOT NULL,
    -- When this revision was accepted.
    accepted_at     timestamptz NOT NULL,
    area_code       text COLLATE "C" NOT NULL,
    category        text NOT NULL,
    source_category text NOT NULL,
    cluster_id      uuid NOT NULL,
    -- Why it is a repeat; null where it is none.
    link_reasons    jsonb,
    -- Keyed hash of the normalised address; null where the address names no house.
    address_key     bytea,
    submitted_by    text NOT NULL,
    -- A fengqiao.type.v1.Matter, sealed for the county.
    sealed_matter   bytea NOT NULL,
    PRIMARY KEY (county, report_id),
    UNIQUE (county, source, source_ref)
);
-- Sealed bytes do not compress; trying costs the insert.
ALTER TABLE report ALTER COLUMN sealed_matter SET STORAGE EXTERNAL;
CREATE INDEX report_by_address ON report (county, address_key, occurred_at, report_id)
    WHERE address_key IS NOT NULL;

-- The people of the newest content, as keyed hashes. Written and removed with their report in one
-- transaction by one statement, so a foreign key would only cost.
CREATE TABLE party (
    county      text COLLATE "C" NOT NULL,
    report_id   uuid NOT NULL,
    ordinal     smallint NOT NULL,
    role        smallint NOT NULL,
    phone_key   bytea,
    id_key      bytea,
    -- The report's cluster and time, so that the latest report of a person is one step in the index.
    cluster_id  uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (county, report_id, ordinal)
);
-- Role 1 is the reporter: only who called is recognised.
CREATE INDEX party_by_phone ON party (county, phone_key, occurred_at, report_id)
    WHERE phone_key IS NOT NULL AND role = 1;
CREATE INDEX party_by_id ON party (county, id_key, occurred_at, report_id)
    WHERE id_key IS NOT NULL AND role = 1;

-- Contents that a newer revision replaced.
CREATE TABLE report_revision (
    county          text COLLATE "C" NOT NULL,
    report_id       uuid NOT NULL,
    revision        integer NOT NULL,
    fingerprint     bytea NOT NULL,
    occurred_at     timestamptz NOT NULL,
    accepted_at     timestamptz NOT NULL,
    area_code       text COLLATE "C" NOT NULL,
    category        text NOT NULL,
    source_category text NOT NULL,
    submitted_by    text NOT NULL,
    sealed_matter   bytea NOT NULL,
    PRIMARY KEY (county, report_id, revision)
);
ALTER TABLE report_revision ALTER COLUMN sealed_matter SET STORAGE EXTERNAL;

-- What routing said of a cluster's newest case. A cluster has a row from the first time that a case of
-- it was over; without a row it is open.
CREATE TABLE cluster_case (
    county     text COLLATE "C" NOT NULL,
    cluster_id uuid NOT NULL,
    -- When the case that tells was opened; of two cases of one cluster the later tells.
    opened_at  timestamptz NOT NULL,
    open       boolean NOT NULL,
    PRIMARY KEY (county, cluster_id)
);
