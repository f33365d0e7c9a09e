INSERT INTO activity AS held
       (county, activity_id, source, source_ref, revision, fingerprint, kind, area_code, begun_at, ended_at, count,
        agency, submitted_by, accepted_at, sealed_activity)
SELECT $1, activity_id, source, source_ref, 1, fingerprint, kind, area_code, begun_at, ended_at, count, agency,
       submitted_by, $2, sealed_activity
FROM UNNEST($3::uuid[], $4::smallint[], $5::text[], $6::bytea[], $7::smallint[], $8::text[], $9::timestamptz[],
            $10::timestamptz[], $11::integer[], $12::text[], $13::text[], $14::bytea[])
     AS came(activity_id, source, source_ref, fingerprint, kind, area_code, begun_at, ended_at, count, agency,
             submitted_by, sealed_activity)
ON CONFLICT (county, source, source_ref) DO UPDATE
SET revision = held.revision + 1, fingerprint = excluded.fingerprint, kind = excluded.kind,
    area_code = excluded.area_code, begun_at = excluded.begun_at, ended_at = excluded.ended_at,
    count = excluded.count, agency = excluded.agency, submitted_by = excluded.submitted_by,
    accepted_at = excluded.accepted_at, sealed_activity = excluded.sealed_activity,
    removed_at = NULL
WHERE held.fingerprint <> excluded.fingerprint
RETURNING activity_id, source, source_ref, revision
