-- Everything up to a case ($3) is done; everything at all where a time is given ($5).
UPDATE calendar_sweep SET cursor = $3, moved = moved + $4, ended_at = $5 WHERE county = $1 AND calendar = $2
