-- Calls that turned out to be repeats.
UPDATE case_report SET repeat = TRUE WHERE county = $1 AND report_id = ANY ($2::uuid[]) AND NOT repeat
