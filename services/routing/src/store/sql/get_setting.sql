-- A text by its version ($3), its digest ($4) or the name that cases keep of it ($5), with its last activation.
SELECT held.digest AS text_digest, held.name, held.sealed_files, held.kept_at, setting.*
FROM setting_text AS held
LEFT JOIN LATERAL (
    SELECT * FROM county_setting
    WHERE county = $1 AND kind = $2 AND digest = held.digest AND ($3::integer IS NULL OR version = $3)
    ORDER BY version DESC LIMIT 1
) AS setting ON true
WHERE held.county = $1 AND held.kind = $2
  AND ($3::integer IS NULL OR setting.version = $3)
  AND ($4::text IS NULL OR held.digest = $4)
  AND ($5::text IS NULL OR held.name = $5)
ORDER BY held.kept_at DESC LIMIT 1
