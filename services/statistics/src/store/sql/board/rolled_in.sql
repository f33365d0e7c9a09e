-- In which zone the facts of a county are added up; none where not all of them are.
SELECT time_zone FROM rolled_county WHERE county = $1 AND added_before IS NULL
