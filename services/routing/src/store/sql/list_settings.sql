-- A page of activations, kind by kind ($2: one kind only), the newest first. $3 and $4 are the last row of the page
-- before.
SELECT setting.*, held.name FROM county_setting AS setting
CROSS JOIN LATERAL (
    SELECT name FROM setting_text WHERE county = $1 AND kind = setting.kind AND digest = setting.digest LIMIT 1
) AS held
WHERE setting.county = $1 AND ($2::smallint IS NULL OR setting.kind = $2)
  AND ($3::smallint IS NULL OR (setting.kind, -setting.version) > ($3, -$4::integer))
ORDER BY setting.kind, setting.version DESC LIMIT $5
