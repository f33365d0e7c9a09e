INSERT INTO police_record AS held
       (county, kind, number, call_number, dispatch_number, told_at, digest, sealed_form)
SELECT $1, kind, number, call_number, dispatch_number, told_at, digest, sealed_form
FROM UNNEST($2::smallint[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::bytea[], $8::bytea[])
     AS came(kind, number, call_number, dispatch_number, told_at, digest, sealed_form)
ON CONFLICT (county, kind, number) DO UPDATE
SET call_number = excluded.call_number, dispatch_number = excluded.dispatch_number,
    told_at = excluded.told_at, digest = excluded.digest, sealed_form = excluded.sealed_form
WHERE (held.told_at, held.digest) < (excluded.told_at, excluded.digest)
RETURNING kind, number
