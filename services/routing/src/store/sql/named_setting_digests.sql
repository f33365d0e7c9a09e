-- The texts of a kind that cases know by a name.
SELECT digest FROM setting_text WHERE county = $1 AND kind = $2 AND name = $3
