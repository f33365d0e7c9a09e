-- What was granted in a period: to how many, and how much.
SELECT count(*) AS count, COALESCE(sum(amount_fen), 0)::bigint AS amount_fen FROM reward
WHERE county = $1 AND state = 2
  AND ($2::timestamptz IS NULL OR decided_at >= $2) AND ($3::timestamptz IS NULL OR decided_at < $3)
