-- Adds up the next facts of a county, its days in a zone, about so many; whether all are added up.
SELECT roll_up_step($1, $2, $3)
