-- Whether a report of the county was accepted before a time.
SELECT EXISTS (
    SELECT FROM fact_report AS fact JOIN generation AS held ON held.county = fact.county AND held.current = fact.generation
    WHERE fact.county = $1 AND fact.accepted_at < $2::timestamptz
)
