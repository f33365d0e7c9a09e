-- All reports of the household $2 belong to $3 from now on.
UPDATE report_link SET household_id = $3 WHERE county = $1 AND household_id = $2
