-- Whether there is a case with the id.
SELECT EXISTS (SELECT FROM event WHERE county = $1 AND entity = 2 AND id = $2::uuid AND kind = 3)
