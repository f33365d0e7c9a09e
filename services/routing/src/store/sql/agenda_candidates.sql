-- Of each reason for which a case may be on an agenda the most urgent open ones, so many ($5): that they are this
-- dangerous ($2), open since then ($3), returned so often ($4). A push that came back is no return of the case yet,
-- but each return is one: the docket decides. Each reason looks only at what it names, and no case comes twice.
WITH dangerous AS MATERIALIZED (
    SELECT id FROM case_file WHERE county = $1 AND state = 1 AND level >= $2
    ORDER BY -(level * 2 + fast_lane::integer), opened_at, id::text LIMIT $5
), old AS MATERIALIZED (
    SELECT id FROM case_file WHERE county = $1 AND state = 1 AND opened_at <= $3
    ORDER BY -(level * 2 + fast_lane::integer), opened_at, id::text LIMIT $5
), came_back AS MATERIALIZED (
    SELECT case_id AS id FROM case_push WHERE county = $1 AND returned_at IS NOT NULL
    GROUP BY case_id HAVING count(*) >= $4
), returned AS MATERIALIZED (
    SELECT file.id FROM came_back CROSS JOIN LATERAL (
        SELECT id, level, fast_lane, opened_at, state FROM case_file WHERE county = $1 AND id = came_back.id LIMIT 1
    ) AS file
    WHERE file.state = 1
    ORDER BY -(file.level * 2 + file.fast_lane::integer), file.opened_at, file.id::text LIMIT $5
), candidate AS (
    SELECT id FROM dangerous UNION SELECT id FROM old UNION SELECT id FROM returned
)
SELECT file.* FROM candidate CROSS JOIN LATERAL (
    SELECT * FROM case_file WHERE county = $1 AND id = candidate.id LIMIT 1
) AS file
