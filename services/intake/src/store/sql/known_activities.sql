SELECT activity_id, activity.source, activity.source_ref, revision
FROM UNNEST($2::smallint[], $3::text[]) AS asked(source, source_ref)
JOIN activity ON (county, activity.source, activity.source_ref) = ($1, asked.source, asked.source_ref)
