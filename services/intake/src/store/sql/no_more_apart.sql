-- An officer takes back that two clusters are not the same.
DELETE FROM link_apart WHERE county = $1 AND kind = $2 AND one = LEAST($3::uuid, $4::uuid) AND other = GREATEST($3::uuid, $4::uuid)
