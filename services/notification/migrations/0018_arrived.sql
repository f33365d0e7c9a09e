-- Only what is still to be delivered has a row in push_delivery. That it was delivered takes the row away, which costs a
-- mark; to keep it cost a whole new row and its entry in the index. When and how often it was tried, its tries tell.
ALTER TABLE delivery_attempt ADD COLUMN delivered_at timestamptz;

DROP VIEW push_now;

DELETE FROM push_delivery WHERE delivery = 2;

-- How often a push was tried, and when it was first delivered: by hand does not count. Tries of before this migration
-- know their duration to the millisecond.
CREATE FUNCTION tries_of(which_county text, which_push uuid) RETURNS TABLE (attempts integer, delivered_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT max(number), min(coalesce(a.delivered_at, at + duration_ms * interval '1 millisecond'))
        FILTER (WHERE delivered AND channel <> 'replay')
    FROM delivery_attempt AS a
    WHERE county = which_county AND push_id = which_push;
END;

-- A push as it is now. One by one, so that the planner has no way but the key, whatever it believes of the table. What an
-- agency has answered it has, though no try may have brought it.
CREATE VIEW push_now AS
SELECT push.*,
    coalesce(d.delivery, 2::smallint) AS delivery,
    CASE WHEN d.push_id IS NULL
        THEN least(tried.delivered_at, push.signed_at, push.returned_at, push.feedback_at) END AS delivered_at,
    d.parked_at,
    coalesce(d.attempts, tried.attempts, 0) AS attempts,
    coalesce(d.failures, 0) AS failures,
    coalesce(d.last_error, '') AS last_error
FROM push
LEFT JOIN LATERAL (
    SELECT * FROM push_delivery WHERE push_delivery.county = push.county AND push_delivery.push_id = push.push_id LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    SELECT * FROM tries_of(push.county, push.push_id) WHERE d.push_id IS NULL
) AS tried ON true;
