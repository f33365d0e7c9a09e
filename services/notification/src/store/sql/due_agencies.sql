-- Which of these agencies have something that should be on their queue.
SELECT reachable.agency
FROM UNNEST($2::text[]) AS reachable (agency)
WHERE EXISTS (
    SELECT FROM push_delivery AS d
    WHERE county = $1 AND d.agency = reachable.agency AND delivery = 1 AND queue_at <= now()
        AND level BETWEEN 0 AND 4
)
