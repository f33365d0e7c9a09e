-- All that a batch must know, in one round trip: which of its reports are there (kind 0), and for each
-- clue the latest report of an open cluster within the window (kind 1 phone, 2 id number, 3 address).
SELECT 0::smallint AS kind, asked.position, held.report_id, held.cluster_id, held.occurred_at,
       held.revision, held.fingerprint, held.link_reasons,
       NOT EXISTS (
           SELECT FROM cluster_case AS over
           WHERE over.county = $1 AND over.cluster_id = held.cluster_id AND NOT over.open
       ) AS open
FROM UNNEST($2::smallint[], $3::text[]) WITH ORDINALITY AS asked (source, source_ref, position)
JOIN report AS held
  ON held.county = $1 AND held.source = asked.source AND held.source_ref = asked.source_ref
UNION ALL
SELECT 1::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($4::bytea[], $5::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT report.report_id, report.cluster_id, party.occurred_at
    FROM party
    JOIN report ON report.county = $1 AND report.report_id = party.report_id
    WHERE party.county = $1 AND party.role = 1 AND party.phone_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND NOT EXISTS (
          SELECT FROM cluster_case AS over
          WHERE over.county = $1 AND over.cluster_id = report.cluster_id AND NOT over.open
      )
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS seen
UNION ALL
SELECT 2::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($6::bytea[], $7::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT report.report_id, report.cluster_id, party.occurred_at
    FROM party
    JOIN report ON report.county = $1 AND report.report_id = party.report_id
    WHERE party.county = $1 AND party.role = 1 AND party.id_key = clue.key
      AND party.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND NOT EXISTS (
          SELECT FROM cluster_case AS over
          WHERE over.county = $1 AND over.cluster_id = report.cluster_id AND NOT over.open
      )
    ORDER BY party.occurred_at DESC, party.report_id DESC
    LIMIT 1
) AS seen
UNION ALL
SELECT 3::smallint, clue.position, seen.report_id, seen.cluster_id, seen.occurred_at, NULL, NULL, NULL, TRUE
FROM UNNEST($8::bytea[], $9::timestamptz[]) WITH ORDINALITY AS clue (key, at, position)
CROSS JOIN LATERAL (
    SELECT report.report_id, report.cluster_id, report.occurred_at
    FROM report
    WHERE report.county = $1 AND report.address_key = clue.key
      AND report.occurred_at BETWEEN clue.at - make_interval(hours => $10) AND clue.at + make_interval(hours => $10)
      AND NOT EXISTS (
          SELECT FROM cluster_case AS over
          WHERE over.county = $1 AND over.cluster_id = report.cluster_id AND NOT over.open
      )
    ORDER BY report.occurred_at DESC, report.report_id DESC
    LIMIT 1
) AS seen
