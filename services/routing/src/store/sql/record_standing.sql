-- Keeps what came of a duty besides cases; that it is met is written with the county's other duties.
UPDATE standing_duty SET outcome = $3, sealed_words = $4, visitor = $5, begun_at = $6, left_at = $7, hazards = $8,
    recorded_at = $9, recorded_by = $10, recorded_as = $11
WHERE county = $1 AND id = $2 AND outcome IS NULL
