-- How many entries the histories have of cases of which none is sealed.
SELECT COALESCE(sum(history_count), 0)::bigint FROM case_file WHERE county = $1 AND history_seal = ''
