-- Reports by town over the pieces of a window, and repeat calls among them.
-- $1 county  $2 generation  $3 spans  $4 first days
SELECT town, sum(reports)::int8 AS reports, sum(repeats)::int8 AS repeats
FROM UNNEST($3::int2[], $4::text[]) AS piece (span, begins)
JOIN rolled_report AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
GROUP BY town
