-- Cases by town and category over the pieces of a window.
-- $1 county  $2 generation  $3 spans  $4 first days  $5 signs  $6 town, or empty for all
SELECT town, category, sum(sign * opened)::int8 AS opened, sum(sign * settled)::int8 AS settled
FROM UNNEST($3::int2[], $4::text[], $5::int8[]) AS piece (span, begins, sign)
JOIN rolled_case_category AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
WHERE $6::text = '' OR town = $6
GROUP BY town, category
-- What lies only in pieces that are taken off is nothing.
HAVING sum(sign * opened) <> 0
