-- Moves only from where we believe to be: of two processes one wins, the other starts over.
UPDATE receiver_position SET position = $4, caught_up_at = CASE WHEN $5 THEN now() ELSE caught_up_at END
WHERE county = $1 AND topic = $2 AND position = $3
