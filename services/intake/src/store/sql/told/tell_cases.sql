-- Cases as they were told last; an older version changes nothing.
INSERT INTO told_case (county, case_id, version, number, state, protected, opened_at, over_at)
SELECT $1, told.* FROM UNNEST(
    $2::uuid[], $3::bigint[], $4::text[], $5::smallint[], $6::boolean[], $7::timestamptz[], $8::timestamptz[]
) AS told (case_id, version, number, state, protected, opened_at, over_at)
ON CONFLICT (county, case_id) DO UPDATE
SET version = EXCLUDED.version, number = EXCLUDED.number, state = EXCLUDED.state, protected = EXCLUDED.protected,
    opened_at = EXCLUDED.opened_at, over_at = EXCLUDED.over_at
WHERE EXCLUDED.version >= told_case.version
