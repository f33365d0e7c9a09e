-- How cases stand; of one case the newest version wins, and its code stays.
INSERT INTO case_progress AS held (
    county, case_id, case_number, version, state, opened_at, signed_at, resolved_at, revisited_at, closed_at,
    merged_into, protected, drill, sealed_code
)
SELECT $1, * FROM UNNEST (
    $2::uuid[], $3::text[], $4::bigint[], $5::smallint[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[],
    $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::boolean[], $13::boolean[], $14::bytea[]
)
ON CONFLICT (county, case_id) DO UPDATE SET
    case_number = EXCLUDED.case_number, version = EXCLUDED.version, state = EXCLUDED.state,
    opened_at = EXCLUDED.opened_at, signed_at = EXCLUDED.signed_at,
    resolved_at = EXCLUDED.resolved_at, revisited_at = EXCLUDED.revisited_at, closed_at = EXCLUDED.closed_at,
    merged_into = EXCLUDED.merged_into, protected = EXCLUDED.protected
WHERE held.version < EXCLUDED.version
