-- Cases by town and level over the pieces of a window.
-- $1 county  $2 generation  $3 spans  $4 first days
SELECT town, level, sum(opened)::int8 AS opened, sum(settled)::int8 AS settled
FROM UNNEST($3::int2[], $4::text[]) AS piece (span, begins)
JOIN rolled_case_level AS known
    ON known.county = $1 AND known.generation = $2::int4
    AND known.span = piece.span AND known.begins = piece.begins::date
GROUP BY town, level
