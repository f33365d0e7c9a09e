-- Cases that an older version of the service counted become events.
-- $1 county  $2 known_at
INSERT INTO event (county, id, entity, kind, other, ordinal, happened_at, known_at, body)
SELECT county, case_id, 2, 3, '00000000-0000-0000-0000-000000000000', version,
    GREATEST(opened_at, resolved_at, closed_at), $2::timestamptz,
    jsonb_build_object('what', 'changed', 'state', state, 'level', level, 'area_code', area_code,
        'category', category, 'source', first_source, 'agency', lead_agency, 'opened_at', opened_at,
        'resolved_at', resolved_at, 'closed_at', closed_at, 'signed_at', NULL, 'revisited_at', NULL,
        'reports', 0, 'merged', merged)
FROM case_fact WHERE county = $1
ON CONFLICT DO NOTHING
