-- The areas of these counties that are newer than the versions that a process has seen.
SELECT held.county, held.version, held.areas, held.area_codes, held.area_changes
FROM UNNEST($1::text[], $2::integer[]) AS seen (county, version)
JOIN areas_in_force AS held ON held.county = seen.county AND held.version > seen.version
