-- What happened: a row for each event that statistics keeps, with what it was about as the event left it, and what a
-- change of a case has changed. No exercises. $2 is the generation in which the present rows of reports and cases are.
SELECT fact.id AS thing_key, fact.about, fact.kind, fact.number, fact.case_id AS case_key,
    date_trunc('month', (fact.happened_at AT TIME ZONE 'Asia/Shanghai'))::date AS month, (fact.happened_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
    left(fact.area_code, 9) AS town_code, fact.area_code, fact.source, fact.category,
    fact.level, fact.level_before, fact.agency, fact.agency_before, fact.state, fact.state_before,
    fact.happened_at, fact.known_at
FROM (
    -- A report is accepted, changed, or comes into a case: then it is told how that left the case.
    SELECT event.county, $2::int4 AS generation, event.id, 'REPORT' AS about,
        CASE WHEN event.kind = 2 THEN 'JOINED' WHEN event.ordinal > 1 THEN 'REVISED' ELSE 'ACCEPTED' END AS kind,
        event.ordinal::int4 AS number, CASE event.kind WHEN 2 THEN event.other ELSE report.case_id END AS case_id,
        coalesce(event.body ->> 'area_code', report.area_code, joined.body ->> 'area_code', '') AS area_code,
        coalesce((event.body ->> 'source')::int2, report.source, (joined.body ->> 'source')::int2) AS source,
        coalesce(event.body ->> 'category', report.category, joined.body ->> 'category', '') AS category,
        (joined.body ->> 'level')::int2 AS level, NULL::int2 AS level_before,
        coalesce(joined.body ->> 'agency', '') AS agency, NULL AS agency_before,
        (joined.body ->> 'state')::int2 AS state, NULL::int2 AS state_before, event.happened_at, event.known_at
    FROM event
    LEFT JOIN fact_report AS report ON report.county = event.county AND report.generation = $2::int4
        AND report.id = event.id AND report.known_until IS NULL
    LEFT JOIN fact_case AS own ON own.county = event.county AND own.generation = $2::int4
        AND own.id = CASE event.kind WHEN 2 THEN event.other ELSE report.case_id END AND own.valid_until IS NULL
    LEFT JOIN event AS joined ON joined.county = event.county AND joined.entity = 2 AND joined.id = event.other
        AND joined.kind = 3 AND joined.other = '00000000-0000-0000-0000-000000000000' AND joined.ordinal = event.ordinal
    WHERE event.entity = 1 AND NOT coalesce(report.drill, false) AND NOT coalesce(own.drill, false)
    UNION ALL
    -- A case changes: the most that the change says is its kind; the rest is told by the columns.
    SELECT event.county, $2::int4, event.id, 'CASE',
        CASE WHEN earlier.body IS NULL THEN 'OPENED'
            WHEN (event.body ->> 'merged')::bool AND NOT (earlier.body ->> 'merged')::bool THEN 'MERGED'
            WHEN (earlier.body ->> 'merged')::bool AND NOT (event.body ->> 'merged')::bool THEN 'UNMERGED'
            WHEN event.body -> 'state' <> earlier.body -> 'state' THEN CASE (event.body ->> 'state')::int2
                WHEN 1 THEN 'REOPENED' WHEN 2 THEN 'RESOLVED' WHEN 3 THEN 'CLOSED' WHEN 4 THEN 'REJECTED' ELSE 'CHANGED' END
            WHEN event.body -> 'level' <> earlier.body -> 'level' THEN 'RELEVELLED'
            WHEN event.body -> 'agency' <> earlier.body -> 'agency' THEN 'HANDED_OVER'
            WHEN event.body -> 'area_code' <> earlier.body -> 'area_code' THEN 'MOVED'
            WHEN (event.body ->> 'reports')::int4 > (earlier.body ->> 'reports')::int4 THEN 'REPORT_JOINED'
            WHEN event.body ->> 'signed_at' IS NOT NULL AND earlier.body ->> 'signed_at' IS NULL THEN 'SIGNED'
            ELSE 'CHANGED' END,
        event.ordinal::int4, event.id, event.body ->> 'area_code', (event.body ->> 'source')::int2, event.body ->> 'category',
        (event.body ->> 'level')::int2, (earlier.body ->> 'level')::int2, event.body ->> 'agency', earlier.body ->> 'agency',
        (event.body ->> 'state')::int2, (earlier.body ->> 'state')::int2, event.happened_at, event.known_at
    FROM event
    LEFT JOIN LATERAL (
        SELECT version.body FROM event AS version
        WHERE version.county = event.county AND version.entity = 2 AND version.id = event.id AND version.kind = 3
            AND version.other = event.other AND version.ordinal < event.ordinal
        ORDER BY version.ordinal DESC LIMIT 1
    ) AS earlier ON true
    LEFT JOIN fact_case AS own ON own.county = event.county AND own.generation = $2::int4 AND own.id = event.id
        AND own.valid_until IS NULL
    WHERE event.entity = 2 AND event.kind = 3 AND NOT coalesce(own.drill, false)
    UNION ALL
    -- The same people's next case is opened: told of the earlier one, as it is.
    SELECT event.county, $2::int4, event.id, 'CASE', 'FOLLOWED', NULL, event.id, own.area_code, own.source, own.category,
        own.level, NULL, own.agency, NULL, own.state, NULL, event.happened_at, event.known_at
    FROM event
    JOIN fact_case AS own ON own.county = event.county AND own.generation = $2::int4 AND own.id = event.id
        AND own.valid_until IS NULL AND NOT own.drill
    WHERE event.entity = 2 AND event.kind = 4
    UNION ALL
    -- A push is asked for, and something becomes of it.
    SELECT event.county, $2::int4, event.id, 'PUSH',
        CASE WHEN event.kind = 5 THEN 'REQUESTED' ELSE CASE (event.body ->> 'kind')::int2
            WHEN 1 THEN 'DELIVERED' WHEN 2 THEN 'SIGNED' WHEN 3 THEN 'RETURNED' ELSE 'FEEDBACK' END END,
        NULL, (asked.body ->> 'case_id')::uuid, asked.body ->> 'area_code', (asked.body ->> 'source')::int2,
        asked.body ->> 'category', (asked.body ->> 'level')::int2, NULL, asked.body ->> 'agency', NULL, NULL, NULL,
        event.happened_at, event.known_at
    FROM event
    JOIN event AS asked ON asked.county = event.county AND asked.entity = 3 AND asked.id = event.id AND asked.kind = 5
        AND asked.other = '00000000-0000-0000-0000-000000000000' AND asked.ordinal = 0
    WHERE event.entity = 3 AND NOT coalesce((asked.body ->> 'drill')::bool, false)
    UNION ALL
    -- Something is done that is no report.
    SELECT event.county, $2::int4, event.id, 'ACTIVITY', CASE WHEN event.ordinal > 1 THEN 'REVISED' ELSE 'RECORDED' END,
        event.ordinal::int4, NULL, event.body ->> 'area_code', (event.body ->> 'source')::int2, '', NULL, NULL,
        event.body ->> 'agency', NULL, NULL, NULL, event.happened_at, event.known_at
    FROM event WHERE event.entity = 4
) AS fact
WHERE fact.county = $1 AND fact.generation = $2::int4
