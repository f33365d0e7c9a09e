-- Who works where in these counties, where it is newer than the versions that a process has seen.
SELECT held.county, held.version, held.sealed_staff
FROM UNNEST($1::text[], $2::integer[]) AS seen (county, version)
JOIN staff_in_force AS held ON held.county = seen.county AND held.version > seen.version
