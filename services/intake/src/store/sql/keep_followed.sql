INSERT INTO followed_case (county, case_id, version, standing)
SELECT $1, case_id, version, standing
FROM UNNEST($2::uuid[], $3::bigint[], $4::bytea[]) AS told (case_id, version, standing)
ON CONFLICT (county, case_id) DO UPDATE SET version = EXCLUDED.version, standing = EXCLUDED.standing
