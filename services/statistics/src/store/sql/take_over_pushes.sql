-- Pushes that an older version of the service counted become events, and what became of them.
-- $1 county  $2 known_at
INSERT INTO event (county, id, entity, kind, other, ordinal, happened_at, known_at, body)
SELECT county, push_id, 3, 5, '00000000-0000-0000-0000-000000000000'::uuid, 0, requested_at, $2::timestamptz,
    jsonb_build_object('what', 'requested', 'case_id', case_id, 'agency', agency, 'form', form, 'level', level,
        'area_code', area_code, 'category', category, 'source', first_source, 'due_at', NULL)
FROM push_fact WHERE county = $1 AND requested_at IS NOT NULL
UNION ALL
SELECT county, push_id, 3, (100 + kind * 10)::int2, '00000000-0000-0000-0000-000000000000',
    (extract(epoch FROM at) * 1000000)::int8, at, $2, jsonb_build_object('what', 'became', 'kind', kind, 'outcome', 0)
FROM push_fact
CROSS JOIN LATERAL (VALUES (1, delivered_at), (2, signed_at), (3, returned_at), (4, feedback_at)) AS became (kind, at)
WHERE county = $1 AND at IS NOT NULL
ON CONFLICT DO NOTHING
