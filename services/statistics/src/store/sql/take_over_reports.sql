-- Reports that an older version of the service counted become events, below whatever is received of them.
-- $1 county  $2 known_at
INSERT INTO event (county, id, entity, kind, other, ordinal, happened_at, known_at, body)
SELECT county, report_id, 1, 1, '00000000-0000-0000-0000-000000000000', revision, accepted_at, $2::timestamptz,
    jsonb_build_object('what', 'accepted', 'source', source, 'area_code', area_code, 'category', category,
        'repeat', repeat, 'occurred_at', occurred_at)
FROM report_fact WHERE county = $1 AND accepted_at IS NOT NULL
UNION ALL
SELECT county, report_id, 1, 2, case_id, 0, '1970-01-01T00:00:00Z', $2, '{"what": "joined"}'
FROM report_fact WHERE county = $1 AND case_id IS NOT NULL
ON CONFLICT DO NOTHING
