-- The last running number of a day.
SELECT last FROM case_number_series WHERE county = $1 AND day = $2
