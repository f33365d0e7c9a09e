-- When someone was out in people's homes, sent by a duty or not.
SELECT begun_at, left_at FROM standing_duty
WHERE county = $1 AND visitor = $2 AND begun_at >= $3 AND begun_at < $4
UNION ALL
SELECT begun_at, left_at FROM visit_stay
WHERE county = $1 AND visitor = $2 AND begun_at >= $3 AND begun_at < $4
ORDER BY begun_at
