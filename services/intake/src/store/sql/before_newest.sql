-- The report after which the newest $2 come.
SELECT report_id FROM report_link WHERE county = $1 ORDER BY report_id DESC OFFSET $2 LIMIT 1
