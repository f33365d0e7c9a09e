-- What intake says of clusters of reports that are one dispute, and what an officer is asked because of it.

-- A join of two clusters. What had gone into the absorbed one before goes with it, in rows of its own.
CREATE TABLE cluster_join (
    county      text NOT NULL,
    -- Intake's, a UUID version 7: its order is about that of the decisions.
    decision_id uuid NOT NULL,
    absorbed    uuid NOT NULL,
    kept        uuid NOT NULL,
    -- The cluster with which it went along; none where it is the join's own. It is asked only where that has no case.
    through     uuid,
    joined_at   timestamptz NOT NULL,
    -- The officer; empty for intake itself.
    decided_by  text NOT NULL,
    score       real NOT NULL,
    -- Evidence and bits. No personal data.
    reasons     jsonb NOT NULL,
    -- The decision by which they are two again.
    parted_by   uuid,
    PRIMARY KEY (county, decision_id, absorbed)
);
CREATE INDEX cluster_join_kept ON cluster_join (county, kept) WHERE parted_by IS NULL;
CREATE INDEX cluster_join_absorbed ON cluster_join (county, absorbed) WHERE parted_by IS NULL;
CREATE INDEX cluster_join_parted ON cluster_join (county, parted_by) WHERE parted_by IS NOT NULL;

-- That two cases are to be merged or not: what the duty of the same id is about. How it went stands with the duty.
CREATE TABLE merge_suggestion (
    county      text NOT NULL,
    id          uuid NOT NULL,
    -- The cases, the smaller id first.
    one         uuid NOT NULL,
    other       uuid NOT NULL,
    -- The join that shows it.
    decision_id uuid NOT NULL,
    absorbed    uuid NOT NULL,
    kept        uuid NOT NULL
);
CREATE INDEX merge_suggestion_one ON merge_suggestion (county, one, other);
CREATE INDEX merge_suggestion_other ON merge_suggestion (county, other);
CREATE INDEX merge_suggestion_clusters ON merge_suggestion (county, absorbed, kept);
ALTER TABLE merge_suggestion ADD PRIMARY KEY (county, id);

-- Which are still to be decided (kind 29).
CREATE INDEX duty_merging ON duty (county, subject_id) WHERE kind = 29 AND ended_at IS NULL;

-- The case that takes the reports of a cluster now: its own, or the one that its last merged case went into.
CREATE FUNCTION case_of_cluster(county text, cluster uuid) RETURNS uuid LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT found.id FROM (
        SELECT id, 1 AS place FROM case_file
        WHERE case_file.county = $1 AND cluster_id = $2 AND state IN (1, 2)
        UNION ALL
        SELECT target.id, 2 FROM (
            SELECT goes_to FROM case_merger
            WHERE case_merger.county = $1 AND cluster_id = $2 AND undone_at IS NULL
            ORDER BY turn DESC LIMIT 1
        ) AS last JOIN case_file AS target ON target.county = $1 AND target.id = last.goes_to AND target.state IN (1, 2)
    ) AS found
    ORDER BY place LIMIT 1
$$;
