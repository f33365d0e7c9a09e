-- The case engine. Everything here is new beside what an older binary knows: it keeps working.

-- What a case holds besides its columns, sealed; a case from before has none yet.
ALTER TABLE case_file ADD COLUMN sealed_docket bytea;
-- The seal of the last entry of its history; empty before its first sealed entry.
ALTER TABLE case_file ADD COLUMN history_seal bytea NOT NULL DEFAULT '';
-- Goes before others of its level (直通车; S2-07).
ALTER TABLE case_file ADD COLUMN fast_lane boolean NOT NULL DEFAULT false;

-- The cases of a cluster that are over: a later report opens the last one again, or follows it. Written only when
-- a case ends.
CREATE INDEX case_file_over_cluster ON case_file (county, cluster_id, closed_at) WHERE state IN (3, 4);
-- The order of lists: the most dangerous first, the fast lane before the rest, then the oldest.
CREATE INDEX case_file_order ON case_file (county, (-(level * 2 + fast_lane::integer)), opened_at, (id::text));
DROP INDEX case_file_list;
-- What someone received first and that is not over (S0-05).
CREATE INDEX case_file_first_receiver ON case_file (county, first_receiver, opened_at) WHERE state IN (1, 2);
-- What came back, which is little: of these cases a meeting hears.
CREATE INDEX case_push_returned ON case_push (county, case_id) WHERE returned_at IS NOT NULL;

-- Binds an entry to the one before: a keyed hash, so that nobody without the key can write a history that fits.
ALTER TABLE case_history ADD COLUMN seal bytea;
-- In which of the county's writes it came: what was there when an auditor took an anchor is told by it.
ALTER TABLE case_history ADD COLUMN batch bigint NOT NULL DEFAULT 0;

-- Where all histories of a county stand, encrypted: how many entries are sealed, and the sum of all cases' marks.
CREATE TABLE history_head (
    county text PRIMARY KEY,
    sealed bytea NOT NULL
) WITH (fillfactor = 10);

-- What someone owes by a time, as the docket of its case has it, or by itself (with the number 0): for clocks, which
-- ask what comes next, and for lists, which ask what an agency owes.
CREATE TABLE duty (
    county     text NOT NULL,
    -- The case; for a duty besides cases its own id.
    subject_id uuid NOT NULL,
    no         integer NOT NULL,
    kind       smallint NOT NULL,
    agency     text NOT NULL,
    post       text,
    person     text,
    about      integer NOT NULL,
    started_at timestamptz NOT NULL,
    due_at     timestamptz NOT NULL,
    -- When its clock has to say something; none while it stands still or has nothing more to say.
    next_at    timestamptz,
    stage      smallint NOT NULL,
    paused     boolean NOT NULL,
    ended_at   timestamptz,
    met        boolean NOT NULL
) WITH (fillfactor = 80);
-- What comes next. However many wait, the first is at hand.
CREATE INDEX duty_next ON duty (county, next_at) WHERE next_at IS NOT NULL;
-- What an agency owes: what runs before what stands still, then by time.
CREATE INDEX duty_owed ON duty (county, agency, paused, due_at) WHERE ended_at IS NULL;
-- Duties besides cases, by time.
CREATE INDEX duty_standing ON duty (county, due_at, subject_id) WHERE no = 0;
ALTER TABLE duty ADD PRIMARY KEY (county, subject_id, no);

-- What a report says beside its matter, so that it can become a case of its own; none of a report from before.
-- home_case: the case that it goes back to where a merger is undone; none while it is there.
ALTER TABLE case_report ADD COLUMN home_case uuid;
ALTER TABLE case_report ADD COLUMN area_code text;
ALTER TABLE case_report ADD COLUMN category text;
ALTER TABLE case_report ADD COLUMN received_by text;
ALTER TABLE case_report ADD COLUMN sealed_matter bytea;
ALTER TABLE case_push ADD COLUMN home_case uuid;

-- Which case was merged into which. What moved says itself where it belongs (home_case).
CREATE TABLE case_merger (
    county     text NOT NULL,
    from_case  uuid NOT NULL,
    -- As it was commanded.
    into_case  uuid NOT NULL,
    -- Where everything is now: that case, or what it was merged into in its turn.
    goes_to    uuid NOT NULL,
    -- New reports of this cluster go there.
    cluster_id uuid NOT NULL,
    -- The county's turn in which it was merged: a later one is greater, whatever clocks say.
    turn       bigint NOT NULL,
    merged_at  timestamptz NOT NULL,
    undone_at  timestamptz
);
CREATE INDEX case_merger_cluster ON case_merger (county, cluster_id, turn) WHERE undone_at IS NULL;
CREATE INDEX case_merger_into ON case_merger (county, into_case) WHERE undone_at IS NULL;
CREATE INDEX case_merger_goes_to ON case_merger (county, goes_to) WHERE undone_at IS NULL;
-- A case is merged into at most one other.
CREATE UNIQUE INDEX case_merger_from ON case_merger (county, from_case) WHERE undone_at IS NULL;
ALTER TABLE case_merger ADD PRIMARY KEY (county, from_case, turn);

-- Every text that ever held in a county as its directory, level rules, practice or calendar, of its folder or given
-- through the service: what an old case used stays readable.
CREATE TABLE setting_text (
    county       text NOT NULL,
    kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    -- Of the files' names and texts.
    digest       text NOT NULL,
    -- How the cases that used it name it.
    name         text NOT NULL,
    -- The files' texts by name; sealed, since a directory holds phone numbers.
    sealed_files bytea NOT NULL,
    kept_at      timestamptz NOT NULL,
    PRIMARY KEY (county, kind, digest)
);

-- The texts that were given through the service, version by version: the newest of each kind holds. Where there is
-- none, the county's folder holds.
CREATE TABLE county_setting (
    county       text NOT NULL,
    kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    version      integer NOT NULL CHECK (version > 0),
    digest       text NOT NULL,
    activated_at timestamptz NOT NULL,
    activated_by text NOT NULL,
    capacity     text NOT NULL,
    sealed_words bytea NOT NULL,
    request_id   text NOT NULL,
    PRIMARY KEY (county, kind, version),
    UNIQUE (county, activated_by, request_id)
);

-- Which version of each kind holds; 0 is the county's folder. Whoever changes one compares all: what was checked
-- together holds together. It is also what the processes look at every second.
CREATE TABLE setting_head (
    county    text PRIMARY KEY,
    directory integer NOT NULL,
    levels    integer NOT NULL,
    practice  integer NOT NULL,
    calendar  integer NOT NULL
);

-- How far the running working-day limits of a county were counted anew by its newest calendar.
CREATE TABLE calendar_sweep (
    county        text PRIMARY KEY,
    -- The version of the setting, and the table of days that it makes.
    version       integer NOT NULL,
    calendar      text NOT NULL,
    begun_at      timestamptz NOT NULL,
    -- The last case that is done.
    cursor        uuid NOT NULL,
    moved         bigint NOT NULL,
    ended_at      timestamptz,
    -- Who works on it, and until when nobody else does.
    claimed_by    uuid,
    claimed_until timestamptz
);

-- Who read a protected case, and why.
CREATE TABLE case_reading (
    county   text NOT NULL,
    case_id  uuid NOT NULL,
    -- Counts the case's readings from 1.
    sequence bigint NOT NULL CHECK (sequence > 0),
    at       timestamptz NOT NULL,
    actor    text NOT NULL,
    capacity text NOT NULL,
    purpose  text NOT NULL,
    -- A keyed hash over the reading before and this one.
    seal     bytea NOT NULL,
    PRIMARY KEY (county, case_id, sequence)
);
CREATE TRIGGER case_reading_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON case_reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();
CREATE TRIGGER setting_text_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON setting_text
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();
CREATE TRIGGER county_setting_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON county_setting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_history_change();

-- Last of all, for the reason that stands in 0001: of ways that look equal the planner takes the newest.
ALTER TABLE case_file DROP CONSTRAINT case_file_pkey;
ALTER TABLE case_file ADD PRIMARY KEY (county, id);
