-- A join ($2) was taken back: its clusters are two, and what one of them was part of because of it is too.
WITH own AS (
    SELECT absorbed, kept FROM cluster_join WHERE county = $1 AND decision_id = $2 AND through IS NULL
)
UPDATE cluster_join SET parted_by = $2
FROM own
WHERE county = $1 AND parted_by IS NULL
  AND (decision_id = $2 OR (cluster_join.absorbed = own.absorbed AND cluster_join.through = own.kept))
