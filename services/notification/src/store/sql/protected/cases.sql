-- Cases ($2) that are protected as of their versions ($3); the newest version of each stays.
INSERT INTO protected_case AS held (county, case_id, version)
SELECT $1, * FROM UNNEST ($2::uuid[], $3::bigint[])
ON CONFLICT (county, case_id) DO UPDATE SET version = EXCLUDED.version
WHERE held.version < EXCLUDED.version
