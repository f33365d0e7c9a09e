-- The generation of facts that holds and the last time at which something was received; none where nothing was, or where
-- facts of an older version are still to be taken over.
SELECT current, known_at FROM generation WHERE county = $1 AND current > 0
