-- Whether a person (kind 1), a household (2) or a case cluster (3) has reports.
SELECT CASE $2::smallint
    WHEN 1 THEN EXISTS (SELECT FROM report_link WHERE county = $1 AND person_id = $3)
    WHEN 2 THEN EXISTS (SELECT FROM report_link WHERE county = $1 AND household_id = $3)
    ELSE EXISTS (SELECT FROM report_link WHERE county = $1 AND cluster_id = $3)
END
