-- Who came before: for each report the person, the household and the case cluster that it belongs to.

-- Whether the source keeps the report confidential (保密), and what its own form says besides: a sealed Details.
ALTER TABLE report
    ADD COLUMN confidential   boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN sealed_details bytea,
    ALTER COLUMN sealed_details SET STORAGE EXTERNAL;
ALTER TABLE report_revision
    ADD COLUMN confidential   boolean NOT NULL DEFAULT FALSE,
    ADD COLUMN sealed_details bytea,
    ALTER COLUMN sealed_details SET STORAGE EXTERNAL;

-- Beside the report, so that what is compared is narrow and moving a report from one cluster to another rewrites little.
CREATE TABLE report_link (
    county       text COLLATE "C" NOT NULL,
    report_id    uuid NOT NULL,
    source       smallint NOT NULL,
    occurred_at  timestamptz NOT NULL,
    person_id    uuid NOT NULL,
    household_id uuid NOT NULL,
    cluster_id   uuid NOT NULL,
    -- All that linkage keeps of the report: keyed hashes, which can be compared and not read.
    traits       bytea NOT NULL,
    PRIMARY KEY (county, report_id)
);
-- A few hundred bytes that do not compress.
ALTER TABLE report_link ALTER COLUMN traits SET STORAGE PLAIN;
CREATE INDEX report_link_by_person ON report_link (county, person_id, report_id);
CREATE INDEX report_link_by_household ON report_link (county, household_id, report_id);
CREATE INDEX report_link_by_cluster ON report_link (county, cluster_id, report_id);

-- By what a report is found as one to compare with: keyed hashes of telephones, id numbers, names in an area,
-- houses, … The newest reports of a key are one walk in its index.
CREATE TABLE link_key (
    county    text COLLATE "C" NOT NULL,
    key       bigint NOT NULL,
    report_id uuid NOT NULL,
    PRIMARY KEY (county, key, report_id)
);
