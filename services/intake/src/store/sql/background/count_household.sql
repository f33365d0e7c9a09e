-- How many reports a household has, up to a bound.
SELECT count(*) FROM (
    SELECT report_id FROM report_link WHERE county = $1 AND household_id = $2 ORDER BY report_id DESC LIMIT $3
) AS counted
