-- A page of alerts ($2 is the kind of what is owed for one), the newest first, with their cases; to one agency ($3), or only
-- what is still to be acknowledged ($4). $5 to $7 are the last row of the page before.
SELECT alerted.*, file.* FROM (
    SELECT subject_id, no AS duty_no, about AS alert_no, started_at AS alerted_at
    FROM duty
    WHERE county = $1 AND kind = $2 AND ($3::text IS NULL OR agency = $3) AND (NOT $4 OR ended_at IS NULL)
      AND ($5::timestamptz IS NULL OR (started_at, subject_id, no) < ($5, $6::uuid, $7::integer))
    ORDER BY started_at DESC, subject_id DESC, no DESC
    LIMIT $8
) AS alerted
CROSS JOIN LATERAL (
    SELECT * FROM case_file WHERE county = $1 AND id = alerted.subject_id LIMIT 1
) AS file
ORDER BY alerted_at DESC, subject_id DESC, duty_no DESC
