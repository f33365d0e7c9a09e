-- What was said in so many values ($3) that a mapping did not know and that came last before a time. They are counted on
-- with their field's others.
WITH gone AS (
    DELETE FROM unmapped_value
    WHERE (county, mapping, field, value) IN (
        SELECT county, mapping, field, value FROM unmapped_value
        WHERE county = $1 AND value <> '' AND last_seen < $2
        ORDER BY mapping, field, value LIMIT $3
        FOR UPDATE SKIP LOCKED
    )
    RETURNING county, mapping, field, count, first_seen, last_seen
), counted AS (
    INSERT INTO unmapped_value AS held (county, mapping, field, value, count, first_seen, last_seen)
    SELECT county, mapping, field, '', sum(count), min(first_seen), max(last_seen) FROM gone
    GROUP BY county, mapping, field
    ON CONFLICT (county, mapping, field, value) DO UPDATE
    SET count = held.count + excluded.count, first_seen = LEAST(held.first_seen, excluded.first_seen),
        last_seen = GREATEST(held.last_seen, excluded.last_seen)
)
SELECT count(*) FROM gone
