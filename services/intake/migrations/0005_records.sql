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

-- What people did that is no report: visits, sweeps, zero reports, patrols, publicity, hazards.
CREATE TABLE activity (
    county          text COLLATE "C" NOT NULL,
    activity_id     uuid NOT NULL,
    source          smallint NOT NULL,
    source_ref      text COLLATE "C" NOT NULL,
    revision        integer NOT NULL,
    -- Keyed hash of the content; equal for equal content.
    fingerprint     bytea NOT NULL,
    kind            smallint NOT NULL,
    area_code       text COLLATE "C" NOT NULL,
    begun_at        timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    count           integer NOT NULL,
    agency          text NOT NULL,
    submitted_by    text NOT NULL,
    accepted_at     timestamptz NOT NULL,
    -- The whole message, sealed for the county.
    sealed_activity bytea NOT NULL,
    PRIMARY KEY (county, activity_id),
    UNIQUE (county, source, source_ref)
);
ALTER TABLE activity ALTER COLUMN sealed_activity SET STORAGE EXTERNAL;
