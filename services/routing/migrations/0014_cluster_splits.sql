-- What officers split off a cluster in intake, and what the desk is asked because of it.

CREATE TABLE cluster_split (
    county      text NOT NULL,
    -- Intake's, a UUID version 7.
    decision_id uuid NOT NULL,
    cluster     uuid NOT NULL,
    -- The cluster that the reports went to.
    went_to     uuid NOT NULL,
    parted_at   timestamptz NOT NULL,
    -- The officer.
    decided_by  text NOT NULL,
    report_ids  uuid[] NOT NULL,
    taken_back  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (county, decision_id)
);

-- That reports are to be split off a case or not: what the duty of the same id is about. How it went stands with the duty.
CREATE TABLE split_suggestion (
    county      text NOT NULL,
    id          uuid NOT NULL,
    case_id     uuid NOT NULL,
    -- The split that shows it.
    decision_id uuid NOT NULL,
    PRIMARY KEY (county, id)
);
CREATE INDEX split_suggestion_case ON split_suggestion (county, case_id, decision_id);

-- Which are still to be decided (kind 32).
CREATE INDEX duty_splitting ON duty (county, subject_id) WHERE kind = 32 AND ended_at IS NULL;

-- Whether what a split parted is still two: it was not taken back, and nobody made one of both since.
CREATE FUNCTION still_split(county text, split uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM cluster_split AS told
        WHERE told.county = $1 AND told.decision_id = $2 AND NOT told.taken_back AND NOT EXISTS (
            SELECT FROM cluster_join AS joined
            WHERE joined.county = $1 AND joined.parted_by IS NULL AND joined.joined_at > told.parted_at
              AND (joined.absorbed, joined.kept) IN ((told.cluster, told.went_to), (told.went_to, told.cluster))
        )
    )
$$;
