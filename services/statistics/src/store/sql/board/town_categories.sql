-- Cases by town and category over the pieces of a window.
-- $1 county  $2 generation  $3 spans  $4 first days  $5 town, or empty for all
SELECT town, category, sum(opened)::int8 AS opened, sum(settled)::int8 AS settled
FROM UNNEST($3::int2[], $4::text[]) AS piece (span, begins)
JOIN rolled_case_category AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
WHERE $5::text = '' OR town = $5
GROUP BY town, category
