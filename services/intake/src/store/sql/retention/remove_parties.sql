-- The keyed hashes of the people.
DELETE FROM party
USING (SELECT $1::text AS county, unnest($2::uuid[]) AS report_id) AS gone
WHERE party.county = gone.county AND party.report_id = gone.report_id
