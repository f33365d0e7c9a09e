-- Activities that an older version of the service counted become events.
-- $1 county  $2 known_at
INSERT INTO event (county, id, entity, kind, other, ordinal, happened_at, known_at, body)
SELECT county, activity_id, 4, 7, '00000000-0000-0000-0000-000000000000', revision, begun_at, $2::timestamptz,
    jsonb_build_object('what', 'acted', 'source', source, 'kind', kind, 'area_code', area_code, 'agency', agency,
        'minutes', minutes, 'count', count)
FROM activity_fact WHERE county = $1
ON CONFLICT DO NOTHING
