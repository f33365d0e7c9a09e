ORDER BY -(file.level * 2 + file.fast_lane::integer), file.opened_at, file.id::text
LIMIT $8
