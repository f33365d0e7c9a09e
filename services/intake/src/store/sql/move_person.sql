-- Of these reports ($4), those that belong to the person $2 belong to $3 from now on; said is which these are.
UPDATE report_link SET person_id = $3 WHERE county = $1 AND person_id = $2 AND report_id = ANY ($4)
RETURNING report_id
