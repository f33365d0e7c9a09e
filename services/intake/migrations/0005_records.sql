-- Records in their sources' own forms.

-- The police's records: of each the version that holds. The report of a call is folded from them.
CREATE TABLE police_record (
    county          text COLLATE "C" NOT NULL,
    -- 1 a call that was taken, 2 a dispatch, 3 a feedback.
    kind            smallint NOT NULL,
    number          text COLLATE "C" NOT NULL,
    -- The call and the dispatch that it names itself.
    call_number     text COLLATE "C",
    dispatch_number text COLLATE "C",
    -- By the police's clock; with the digest it says which version holds.
    told_at         timestamptz NOT NULL,
    -- Keyed hash of the content.
    digest          bytea NOT NULL,
    -- The message, sealed for the county.
    sealed_form     bytea NOT NULL,
    PRIMARY KEY (county, kind, number)
);
ALTER TABLE police_record ALTER COLUMN sealed_form SET STORAGE EXTERNAL;
CREATE INDEX police_record_by_call ON police_record (county, call_number) WHERE call_number IS NOT NULL;
CREATE INDEX police_record_by_dispatch ON police_record (county, dispatch_number)
    WHERE dispatch_number IS NOT NULL;

-- What mappings did not know. A value stands here only where it is a code.
CREATE TABLE unmapped_value (
    county     text COLLATE "C" NOT NULL,
    mapping    text COLLATE "C" NOT NULL,
    field      text COLLATE "C" NOT NULL,
    value      text COLLATE "C" NOT NULL,
    count      bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    PRIMARY KEY (county, mapping, field, value)
);
