-- The versions that hold in a county, with their files; nothing for a kind of which the county's folder holds.
SELECT setting.kind, setting.version, held.digest, held.sealed_files
FROM setting_head AS head
CROSS JOIN LATERAL UNNEST(ARRAY[1, 2, 3, 4]::smallint[],
    ARRAY[head.directory, head.levels, head.practice, head.calendar]) AS newest (kind, version)
CROSS JOIN LATERAL (
    SELECT * FROM county_setting WHERE county = $1 AND kind = newest.kind AND version = newest.version LIMIT 1
) AS setting
CROSS JOIN LATERAL (
    SELECT * FROM setting_text WHERE county = $1 AND kind = newest.kind AND digest = setting.digest LIMIT 1
) AS held
WHERE head.county = $1
