-- The activation that a request id of someone stands for.
SELECT setting.*, held.name FROM county_setting AS setting
CROSS JOIN LATERAL (
    SELECT name FROM setting_text WHERE county = $1 AND kind = setting.kind AND digest = setting.digest LIMIT 1
) AS held
WHERE setting.county = $1 AND setting.activated_by = $2 AND setting.request_id = $3
