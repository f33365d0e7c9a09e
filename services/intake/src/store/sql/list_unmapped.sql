SELECT mapping, field, value, count, first_seen, last_seen FROM unmapped_value
WHERE county = $1 AND ($2 = '' OR mapping = $2) AND (mapping, field, value) > ($3, $4, $5)
ORDER BY mapping, field, value
LIMIT $6
