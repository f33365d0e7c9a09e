-- Of these reports ($4), those that belong to the household $2 belong to $3 from now on; said is which these are.
UPDATE report_link SET household_id = $3 WHERE county = $1 AND household_id = $2 AND report_id = ANY ($4)
RETURNING report_id
