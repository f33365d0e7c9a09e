-- What has settled itself is owed no more: met where the cases were merged, else it fell away.
UPDATE duty SET ended_at = $2, met = settled.merged, next_at = NULL
FROM UNNEST($3::uuid[], $4::boolean[]) AS settled (id, merged)
WHERE duty.county = $1 AND duty.subject_id = settled.id AND duty.no = 0 AND duty.ended_at IS NULL
