SELECT position, change, sealed_words
FROM report_change
WHERE county = $1 AND source = $2 AND position > $3
ORDER BY position
LIMIT $4
