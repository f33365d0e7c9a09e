-- How much agencies ($2) owe, by part: the same parts as in list_work.sql. Only the 10,000 most urgent are counted, so
-- that it costs no more however much waits; one more is looked at, to say that there is more.
SELECT
    count(*) FILTER (WHERE place <= 10000) AS open,
    count(*) FILTER (WHERE place <= 10000 AND kind = 1) AS to_sign,
    count(*) FILTER (WHERE place <= 10000 AND NOT paused AND due_at > $7::timestamptz AND due_at <= $8::timestamptz)
        AS due_today,
    count(*) FILTER (WHERE place <= 10000 AND NOT paused AND due_at <= $7) AS late,
    count(*) FILTER (WHERE place <= 10000 AND (kind = 5 OR (kind = 3 AND about > 0))) AS returned,
    count(*) FILTER (WHERE place <= 10000 AND kind = 16) AS revisits,
    count(*) > 10000 AS more
FROM (
    SELECT kind, about, due_at, paused, row_number() OVER () AS place
    FROM (
        SELECT mine.* FROM UNNEST($2::text[]) AS asked (agency) CROSS JOIN LATERAL (
            SELECT kind, about, due_at, paused
            FROM duty
            WHERE county = $1 AND agency = asked.agency AND ended_at IS NULL AND kind <> 18
