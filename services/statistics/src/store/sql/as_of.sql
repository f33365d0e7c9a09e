-- Up to when all three topics were applied; null where one was never received.
SELECT CASE WHEN count(*) = 3 THEN min(caught_up_at) END
FROM receiver_position
WHERE county = $1 AND topic IN ('intake', 'routing', 'notification')
