-- Adds up all facts of a county anew, its days in a zone.
SELECT roll_up_county($1, $2)
