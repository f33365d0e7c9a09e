-- All reports of the person $2 belong to $3 from now on; said is which these are.
UPDATE report_link SET person_id = $3 WHERE county = $1 AND person_id = $2
RETURNING report_id
