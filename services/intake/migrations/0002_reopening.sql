-- A case that is over may take reports for a while still, and a cluster may follow another one.

-- Until when a cluster that is not open is joined all the same, by the time that a report was told; null for no longer.
ALTER TABLE cluster_case ADD COLUMN takes_until timestamptz;

-- The cluster whose case was over for too long when this report, with the same evidence, began one of its own.
ALTER TABLE report ADD COLUMN follows_cluster_id uuid;
