-- A page of readings, the newest first.
SELECT reading_id, at, reader, capacity, purpose, purpose_words, asked_by, asked, shown FROM background_reading
WHERE county = $1 AND reading_id < $2 AND ($3 = '' OR reader = $3)
ORDER BY reading_id DESC LIMIT $4
