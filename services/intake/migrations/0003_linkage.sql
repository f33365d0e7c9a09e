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

-- Clusters that an officer has said are not the same: the machine never joins them. Kind 1 person, 2 household, 3 case;
-- the smaller id goes first.
CREATE TABLE link_apart (
    county text COLLATE "C" NOT NULL,
    kind   smallint NOT NULL,
    one    uuid NOT NULL,
    other  uuid NOT NULL,
    -- The decision that said so.
    decision_id uuid NOT NULL,
    PRIMARY KEY (county, one, kind, other)
);
CREATE INDEX link_apart_by_other ON link_apart (county, other);

-- Whether person, household or dispute were here within the county's window.
ALTER TABLE report ADD COLUMN repeat boolean NOT NULL DEFAULT FALSE;
UPDATE report SET repeat = TRUE WHERE link_reasons IS NOT NULL;

-- What was accepted before belongs to itself; it has no traits to be compared by.
INSERT INTO report_link (county, report_id, source, occurred_at, person_id, household_id, cluster_id, traits)
SELECT county, report_id, source, occurred_at, report_id, report_id, cluster_id, ''
FROM report;

DROP INDEX report_by_address;
ALTER TABLE report DROP COLUMN address_key;
DROP TABLE party;

-- What officers decided of who came before, and where later evidence joined two clusters.
CREATE TABLE link_decision (
    county        text COLLATE "C" NOT NULL,
    -- UUID version 7: its order is the order of decision.
    decision_id   uuid NOT NULL,
    -- 1 person, 2 household, 3 case.
    kind          smallint NOT NULL,
    -- 1 confirm, 2 join, 3 split.
    act           smallint NOT NULL,
    -- The cluster that stayed, and the one that went into it or came out of it.
    cluster_id    uuid NOT NULL,
    other_id      uuid,
    -- The reports that were confirmed or moved.
    report_ids    uuid[] NOT NULL,
    decided_by    text NOT NULL,
    reason        text NOT NULL,
    decided_at    timestamptz NOT NULL,
    -- Makes an officer's command repeatable; null for the machine.
    request_id    text COLLATE "C",
    undone_by     text,
    undone_reason text,
    undone_at     timestamptz,
    PRIMARY KEY (county, decision_id),
    UNIQUE (county, request_id)
);
CREATE INDEX link_decision_by_cluster ON link_decision (county, cluster_id, decision_id);
CREATE INDEX link_decision_by_other ON link_decision (county, other_id, decision_id) WHERE other_id IS NOT NULL;
