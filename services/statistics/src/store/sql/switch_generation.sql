-- From now on the new generation holds, unless another one was begun meanwhile.
UPDATE generation SET current = building, building = NULL
WHERE county = $1 AND building = $2
RETURNING current
