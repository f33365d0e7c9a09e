-- $1 county  $2, $3 from and to which number  $4 over how many days until now
-- u, v, w, x are drawn from 0 on and before 1, by the number.
INSERT INTO fact_case
SELECT $1::text, (SELECT current FROM generation WHERE county = $1), md5('case' || number)::uuid, 0, 1, opened_at, NULL,
    coalesce(settled_at, opened_at), NULL, md5('case' || number)::uuid,
    CASE WHEN settled_at IS NULL THEN 1 WHEN x < 0.7 THEN 3 ELSE 2 END,
    CASE WHEN u < 0.02 THEN 4 WHEN u < 0.1 THEN 3 WHEN u < 0.4 THEN 2 ELSE 1 END,
    town || '201', category, 1 + floor(x * 4)::int, CASE WHEN v < 0.3 THEN 'police' ELSE 'town-' || town END,
    false, false, opened_at, opened_at + interval '3 hours', NULL, settled_at, settled_at,
    CASE WHEN x < 0.7 THEN settled_at END, NULL, NULL, NULL, NULL, NULL, NULL, NULL, opened_at + interval '14 days', NULL,
    false, false, false, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
FROM (
    SELECT number, opened_at, u, v, w, x,
        $1 || lpad((CASE WHEN v < 0.3 THEN 1 + floor(v * 10)::int ELSE 100 + floor((v - 0.3) / 0.7 * 15)::int END)::text, 3, '0')
            AS town,
        (ARRAY['neighbourhood', 'marriage_family', 'contract', 'house_site', 'labour', 'property', 'traffic',
            'consumer', 'damage', 'forest_land', 'migrant_wages', 'other'])[1 + floor(w * w * 12)::int] AS category,
        CASE WHEN x < 0.985 AND opened_at + x * interval '20 days' < now() THEN opened_at + x * interval '20 days' END
            AS settled_at
    FROM (
        SELECT number, now() - (hashint8extended(number, 1) & 1073741823)::float8 / 1073741824 * $4::int4 * interval '1 day'
                AS opened_at,
            (hashint8extended(number, 2) & 1073741823)::float8 / 1073741824 AS u,
            (hashint8extended(number, 3) & 1073741823)::float8 / 1073741824 AS v,
            (hashint8extended(number, 4) & 1073741823)::float8 / 1073741824 AS w,
            (hashint8extended(number, 5) & 1073741823)::float8 / 1073741824 AS x
        FROM generate_series($2::int8, $3::int8) AS number
    ) AS drawn
) AS told
