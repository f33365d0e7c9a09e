-- One meeting by its id, or the joint meeting of a week.
SELECT * FROM meeting WHERE county = $1 AND (id = $2 OR $2::uuid IS NULL AND kind = 1 AND week = $3)
