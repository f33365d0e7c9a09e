-- What a report says and has said, for who asks what would become of another content.
SELECT fingerprint, sealed_details IS NOT NULL AS detailed,
       ARRAY(
           SELECT digest
           FROM (
               SELECT held.said AS digest
               UNION ALL
               SELECT unnest(ARRAY[fingerprint, said]) FROM report_revision
               WHERE report_revision.county = $1 AND report_revision.report_id = held.report_id
           ) AS digests
           WHERE digest IS NOT NULL
       ) AS said_before
FROM report AS held
WHERE county = $1 AND source = $2 AND source_ref = $3
