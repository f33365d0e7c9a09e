-- Reports by town over the pieces of a window, and repeat calls among them.
-- $1 county  $2 generation  $3 spans  $4 first days  $5 signs
SELECT town, sum(sign * reports)::int8 AS reports, sum(sign * repeats)::int8 AS repeats
FROM UNNEST($3::int2[], $4::text[], $5::int8[]) AS piece (span, begins, sign)
JOIN rolled_report AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
GROUP BY town
-- What lies only in pieces that are taken off is nothing.
HAVING sum(sign * reports) <> 0
