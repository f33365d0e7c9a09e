-- Reports ($4) of a case ($2) are another's ($3) own from now on.
UPDATE case_report SET case_id = $3, home_case = NULL
WHERE county = $1 AND case_id = $2 AND report_id = ANY ($4::uuid[])
