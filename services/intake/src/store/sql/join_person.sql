-- All reports of each person of $2 belong to the one beside it in $3 from now on; said is which these are, and whose they
-- were. None that goes stays for another one.
-- The county beside each id leaves the planner no way but the key, whatever it believes of the table.
UPDATE report_link SET person_id = joined.kept
FROM (SELECT $1::text AS county, gone.* FROM UNNEST($2::uuid[], $3::uuid[]) AS gone (absorbed, kept)) AS joined
WHERE report_link.county = joined.county AND report_link.person_id = joined.absorbed
RETURNING joined.absorbed, report_link.report_id
