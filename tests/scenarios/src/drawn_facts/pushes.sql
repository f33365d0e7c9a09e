-- $1 county  $2, $3 from and to which number  $4 over how many days until now
INSERT INTO fact_push
SELECT $1::text, (SELECT current FROM generation WHERE county = $1), md5('push' || number)::uuid, 0, 1, at, NULL, NULL,
    CASE WHEN v < 0.25 THEN 'police' WHEN v < 0.4 THEN 'justice' WHEN v < 0.5 THEN 'court'
        ELSE 'town-' || $1 || lpad((100 + floor((v - 0.5) * 30)::int)::text, 3, '0') END,
    1, 1 + floor(u * 4)::int, $1 || '105201', 'neighbourhood', 1, false, at, at + interval '2 days',
    at + interval '12 hours', at + interval '5 days', at + interval '1 minute',
    CASE WHEN u < 0.95 THEN at + u * interval '14 hours' END, NULL,
    CASE WHEN w < 0.5 THEN at + w * interval '12 days' END, CASE WHEN w < 0.4 THEN at + w * interval '12 days' END
FROM (
    SELECT number,
        now() - (hashint8extended(number, 21) & 1073741823)::float8 / 1073741824 * $4::int4 * interval '1 day' AS at,
        (hashint8extended(number, 22) & 1073741823)::float8 / 1073741824 AS u,
        (hashint8extended(number, 23) & 1073741823)::float8 / 1073741824 AS v,
        (hashint8extended(number, 24) & 1073741823)::float8 / 1073741824 AS w
    FROM generate_series($2::int8, $3::int8) AS number
) AS drawn
