-- In which zone the facts of a county are added up; none where they are not yet.
SELECT time_zone FROM rolled_county WHERE county = $1
