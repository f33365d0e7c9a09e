-- Ends the county's turn that is held: what others have read in it holds no more.
UPDATE outbox_head SET turn = turn + 1 WHERE county = $1
