-- Facts that were there before a county is added up are added up in short steps, by the ids of what they are about, so that
-- who writes waits for one step and not for all of them. Migration 0011 explains the rest.

-- Facts of things whose ids are less than this are added up; all are where there is none.
ALTER TABLE rolled_county ADD COLUMN added_before uuid;

-- The statement that adds up facts, or takes them out: of a source of rows, which is a table of facts or what a trigger
-- was told of. $1 is 1 or -1, $2 a county or nothing for all. One text for both, since a trigger's rows are seen by
-- nobody but the trigger. What is not reached yet is left to the step that will.
CREATE OR REPLACE FUNCTION rolling(rolled text, source text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    -- The key besides county, generation, span and begins; its numbers, of which the first is 0 where nothing is counted.
    key text[] := CASE rolled
        WHEN 'rolled_case_level' THEN '{town,level}'
        WHEN 'rolled_case_category' THEN '{town,category}'
        WHEN 'rolled_report' THEN '{town}'
        WHEN 'rolled_push' THEN '{agency,due}' END;
    numbers text[] := CASE rolled
        WHEN 'rolled_report' THEN '{reports,repeats}'
        WHEN 'rolled_push' THEN '{pushes,done,in_time}'
        ELSE '{opened,settled}' END;
    facts text := CASE rolled
        WHEN 'rolled_report' THEN format(
            'SELECT id, county, generation, accepted_at AS at, left(area_code, 9) AS town, 1 AS reports, repeat::int AS repeats '
            'FROM %s AS told WHERE known_until IS NULL AND NOT drill AND accepted_at IS NOT NULL '
            -- A report of an exercise may not say so; its case does.
            'AND NOT EXISTS (SELECT FROM fact_case AS own WHERE own.county = told.county '
            'AND own.generation = told.generation AND own.id = told.case_id AND own.valid_until IS NULL AND own.drill)',
            source)
        WHEN 'rolled_push' THEN format(
            'SELECT id, county, generation, due.at, agency, due.due, 1 AS pushes, (due.done_at IS NOT NULL)::int AS done, '
            'coalesce(due.done_at <= due.at, false)::int AS in_time '
            'FROM %s AS told CROSS JOIN LATERAL (VALUES (1::int2, sign_due_at, signed_at), '
            '(2::int2, feedback_due_at, answered_at)) AS due (due, at, done_at) '
            'WHERE known_until IS NULL AND NOT drill AND due.at IS NOT NULL', source)
        ELSE format(
            'SELECT id, county, generation, opened_at AS at, left(area_code, 9) AS town, level, category, 1 AS opened, '
            '(settled_at IS NOT NULL)::int AS settled '
            'FROM %s AS told WHERE valid_until IS NULL AND NOT merged AND NOT drill AND opened_at IS NOT NULL', source) END;
    keys text := array_to_string(key, ', ');
BEGIN
    RETURN format('WITH day AS (SELECT county, generation, (at AT TIME ZONE time_zone)::date AS day, %1$s, %2$s '
        'FROM (%3$s) AS fact JOIN rolled_county USING (county) '
        'WHERE ($2::text IS NULL OR county = $2) AND (added_before IS NULL OR fact.id < added_before) '
        'GROUP BY county, generation, 3, %1$s), '
        'cell AS (SELECT county, generation, span, begins, %1$s, %2$s '
        'FROM day CROSS JOIN LATERAL (VALUES (1::int2, day), (2::int2, date_trunc(''month'', day)::date), '
        '(3::int2, date_trunc(''year'', day)::date)) AS piece (span, begins) '
        'GROUP BY county, generation, span, begins, %1$s) '
        'MERGE INTO %4$I AS known USING cell ON known.county = cell.county AND known.generation = cell.generation '
        'AND known.span = cell.span AND known.begins = cell.begins AND %5$s '
        'WHEN MATCHED AND known.%6$I + $1 * cell.%6$I = 0 THEN DELETE '
        'WHEN MATCHED THEN UPDATE SET %7$s '
        'WHEN NOT MATCHED THEN INSERT VALUES (cell.county, cell.generation, cell.span, cell.begins, %8$s, %9$s)',
        keys,
        (SELECT string_agg(format('sum(%1$I)::int8 AS %1$I', one), ', ') FROM unnest(numbers) AS one),
        facts,
        rolled,
        (SELECT string_agg(format('known.%1$I = cell.%1$I', one), ' AND ') FROM unnest(key) AS one),
        numbers[1],
        (SELECT string_agg(format('%1$I = known.%1$I + $1 * cell.%1$I', one), ', ') FROM unnest(numbers) AS one),
        (SELECT string_agg(format('cell.%I', one), ', ') FROM unnest(key) AS one),
        (SELECT string_agg(format('$1 * cell.%I', one), ', ') FROM unnest(numbers) AS one));
END $$;

-- Adds up what a statement wrote, or takes out what it took away: a function for each roll-up, whose argument is the sign.
-- Its plan is kept, and may be made while tables are empty: so it goes down the index, which is right at any size.
DO $$
DECLARE
    rolled text;
BEGIN
    FOREACH rolled IN ARRAY '{rolled_report,rolled_case_level,rolled_case_category,rolled_push}'::text[] LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql '
            'SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS %L',
            'add_to_' || rolled,
            'BEGIN ' || replace(replace(rolling(rolled, 'told'), '$1', 'TG_ARGV[0]::int8'), '$2', 'NULL')
                || '; RETURN NULL; END');
    END LOOP;
END $$;

-- That a case is an exercise takes its reports out, and that it is none any more brings them back.
CREATE OR REPLACE FUNCTION roll_up_exercises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Exercises are rare.
    IF EXISTS (SELECT FROM told WHERE drill AND valid_until IS NULL) THEN
        EXECUTE rolling('rolled_report', '(SELECT report.id, report.county, report.generation, report.known_until, report.drill, '
            'report.accepted_at, report.area_code, report.repeat, NULL::uuid AS case_id FROM told AS own '
            'JOIN fact_report AS report ON report.county = own.county AND report.generation = own.generation '
            'AND report.case_id = own.id WHERE own.drill AND own.valid_until IS NULL)')
            USING -TG_ARGV[0]::int8, NULL::text;
    END IF;
    RETURN NULL;
END $$;

-- Adds up all facts of a county anew at once, with its days in a zone. Whoever writes facts waits meanwhile. Only older
-- versions of the service ask for it, and who wants to compare.
CREATE OR REPLACE FUNCTION roll_up_county(which text, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rolled text;
    source text;
BEGIN
    LOCK TABLE fact_report, fact_case, fact_push IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO rolled_county (county, time_zone) VALUES (which, zone)
    ON CONFLICT (county) DO UPDATE SET time_zone = EXCLUDED.time_zone, added_before = NULL;
    FOR rolled, source IN VALUES ('rolled_report', 'fact_report'), ('rolled_case_level', 'fact_case'),
        ('rolled_case_category', 'fact_case'), ('rolled_push', 'fact_push') LOOP
        EXECUTE format('DELETE FROM %I WHERE county = $1', rolled) USING which;
        EXECUTE rolling(rolled, source) USING 1::int8, which;
    END LOOP;
END $$;

-- The generations of a table's facts of a county: a look into the index for each.
CREATE FUNCTION generations_of(source text, which text) RETURNS SETOF integer LANGUAGE plpgsql STABLE AS $$
DECLARE
    found integer := -1;
BEGIN
    LOOP
        EXECUTE format('SELECT min(generation) FROM %I WHERE county = $1 AND generation > $2', source)
            INTO found USING which, found;
        EXIT WHEN found IS NULL;
        RETURN NEXT found;
    END LOOP;
END $$;

-- Adds up the next facts of a county, about so many of each table and generation; true where all are added up. The first
-- step of another zone takes away what was added up before.
CREATE FUNCTION roll_up_step(which text, zone text, about integer) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    begins uuid;
    ends uuid;
    step_ends uuid;
    rolled text;
    source text;
    one integer;
BEGIN
    LOCK TABLE fact_report, fact_case, fact_push IN SHARE ROW EXCLUSIVE MODE;
    SELECT added_before INTO begins FROM rolled_county WHERE county = which AND time_zone = zone;
    IF FOUND AND begins IS NULL THEN
        RETURN true;
    END IF;
    IF NOT FOUND THEN
        begins := '00000000-0000-0000-0000-000000000000';
        INSERT INTO rolled_county (county, time_zone, added_before) VALUES (which, zone, begins)
        ON CONFLICT (county) DO UPDATE SET time_zone = EXCLUDED.time_zone, added_before = EXCLUDED.added_before;
        FOREACH rolled IN ARRAY '{rolled_report,rolled_case_level,rolled_case_category,rolled_push}'::text[] LOOP
            EXECUTE format('DELETE FROM %I WHERE county = $1', rolled) USING which;
        END LOOP;
    END IF;
    FOREACH source IN ARRAY '{fact_report,fact_case,fact_push}'::text[] LOOP
        FOR one IN SELECT generations_of(source, which) LOOP
            -- Of one thing there may be many rows: the next one is another.
            EXECUTE format('SELECT id FROM %I WHERE county = $1 AND generation = $2 AND id > $3 '
                'ORDER BY id OFFSET $4 LIMIT 1', source) INTO step_ends USING which, one, begins, about;
            ends := least(ends, step_ends);
        END LOOP;
    END LOOP;
    UPDATE rolled_county SET added_before = ends WHERE county = which;
    FOR rolled, source IN VALUES ('rolled_report', 'fact_report'), ('rolled_case_level', 'fact_case'),
        ('rolled_case_category', 'fact_case'), ('rolled_push', 'fact_push') LOOP
        FOR one IN SELECT generations_of(source, which) LOOP
            EXECUTE rolling(rolled, format('(SELECT * FROM %I WHERE county = %L AND generation = %L::int4 AND id >= %L::uuid '
                'AND (%L::uuid IS NULL OR id < %L::uuid))', source, which, one, begins, ends, ends))
                USING 1::int8, which;
        END LOOP;
    END LOOP;
    RETURN ends IS NULL;
END $$;
