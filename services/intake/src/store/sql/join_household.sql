-- All reports of each household of $2 belong to the one beside it in $3 from now on, as of persons (join_person.sql).
UPDATE report_link SET household_id = joined.kept
FROM (SELECT $1::text AS county, gone.* FROM UNNEST($2::uuid[], $3::uuid[]) AS gone (absorbed, kept)) AS joined
WHERE report_link.county = joined.county AND report_link.household_id = joined.absorbed
RETURNING joined.absorbed, report_link.report_id
