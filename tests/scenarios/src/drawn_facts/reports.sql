-- $1 county  $2, $3 from and to which number  $4 over how many days until now
INSERT INTO fact_report
SELECT $1::text, (SELECT current FROM generation WHERE county = $1), md5('report' || number)::uuid, 0, 1, at, NULL, NULL,
    1 + floor(u * 4)::int, $1 || lpad((100 + floor(v * 15)::int)::text, 3, '0') || '201', 'neighbourhood', u < 0.13, false,
    at, at
FROM (
    SELECT number,
        now() - (hashint8extended(number, 11) & 1073741823)::float8 / 1073741824 * $4::int4 * interval '1 day' AS at,
        (hashint8extended(number, 12) & 1073741823)::float8 / 1073741824 AS u,
        (hashint8extended(number, 13) & 1073741823)::float8 / 1073741824 AS v
    FROM generate_series($2::int8, $3::int8) AS number
) AS drawn
