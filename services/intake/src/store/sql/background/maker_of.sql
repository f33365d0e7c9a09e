-- Who made a report.
SELECT person_id FROM report_link WHERE county = $1 AND report_id = $2
