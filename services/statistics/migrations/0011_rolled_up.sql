-- Counts that the county board shows, added up by day, month and year while facts are written: in the same statement, by
-- the triggers below, whoever writes. So they are never a second truth, and a figure of the board is a short range of an
-- index however many facts there are. What counts is what the built-in definitions of version 1 count; a test holds the
-- two against each other.

-- The counties whose facts are added up, and the zone of their days. See src/store/rolling_up.rs.
CREATE TABLE rolled_county (
    county text NOT NULL PRIMARY KEY,
    time_zone text NOT NULL
);

-- Cases by the day on which they were opened: all, and those that are settled (cases, resolved_rate).
CREATE TABLE rolled_case_level (
    county text NOT NULL,
    generation integer NOT NULL,
    -- 1 a day, 2 a month, 3 a year; begins is its first day.
    span smallint NOT NULL,
    begins date NOT NULL,
    -- The nine digits of the town; the six of the county where no town is known.
    town text NOT NULL,
    level smallint NOT NULL,
    opened bigint NOT NULL,
    settled bigint NOT NULL,
    PRIMARY KEY (county, generation, span, begins, town, level)
) WITH (fillfactor = 70);

CREATE TABLE rolled_case_category (
    county text NOT NULL,
    generation integer NOT NULL,
    span smallint NOT NULL,
    begins date NOT NULL,
    town text NOT NULL,
    category text NOT NULL,
    opened bigint NOT NULL,
    settled bigint NOT NULL,
    PRIMARY KEY (county, generation, span, begins, town, category)
) WITH (fillfactor = 70);

-- Reports by the day on which they were accepted: all, and repeat calls (reports, repeat_rate).
CREATE TABLE rolled_report (
    county text NOT NULL,
    generation integer NOT NULL,
    span smallint NOT NULL,
    begins date NOT NULL,
    town text NOT NULL,
    reports bigint NOT NULL,
    repeats bigint NOT NULL,
    PRIMARY KEY (county, generation, span, begins, town)
) WITH (fillfactor = 70);

-- Pushes by the day on which something is due of them: all, those of which it was done, and in time
-- (on_time_sign_rate, due_feedback_rate, on_time_feedback_rate).
CREATE TABLE rolled_push (
    county text NOT NULL,
    generation integer NOT NULL,
    span smallint NOT NULL,
    begins date NOT NULL,
    agency text NOT NULL,
    -- 1 the signature, 2 the feedback.
    due smallint NOT NULL,
    pushes bigint NOT NULL,
    done bigint NOT NULL,
    in_time bigint NOT NULL,
    PRIMARY KEY (county, generation, span, begins, agency, due)
) WITH (fillfactor = 70);

-- What is open now: the board's lights and lists.
CREATE INDEX fact_case_open_now ON fact_case (county, generation, level, opened_at, id)
    WHERE state = 1 AND valid_until IS NULL AND NOT merged AND NOT drill;

-- The statement that adds up facts, or takes them out: of a source of rows, which is a table of facts or what a trigger
-- was told of. $1 is 1 or -1, $2 a county or nothing for all. One text for both, since a trigger's rows are seen by
-- nobody but the trigger.
CREATE FUNCTION rolling(rolled text, source text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
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
            'SELECT county, generation, accepted_at AS at, left(area_code, 9) AS town, 1 AS reports, repeat::int AS repeats '
            'FROM %s AS told WHERE known_until IS NULL AND NOT drill AND accepted_at IS NOT NULL '
            -- A report of an exercise may not say so; its case does.
            'AND NOT EXISTS (SELECT FROM fact_case AS own WHERE own.county = told.county '
            'AND own.generation = told.generation AND own.id = told.case_id AND own.valid_until IS NULL AND own.drill)',
            source)
        WHEN 'rolled_push' THEN format(
            'SELECT county, generation, due.at, agency, due.due, 1 AS pushes, (due.done_at IS NOT NULL)::int AS done, '
            'coalesce(due.done_at <= due.at, false)::int AS in_time '
            'FROM %s AS told CROSS JOIN LATERAL (VALUES (1::int2, sign_due_at, signed_at), '
            '(2::int2, feedback_due_at, answered_at)) AS due (due, at, done_at) '
            'WHERE known_until IS NULL AND NOT drill AND due.at IS NOT NULL', source)
        ELSE format(
            'SELECT county, generation, opened_at AS at, left(area_code, 9) AS town, level, category, 1 AS opened, '
            '(settled_at IS NOT NULL)::int AS settled '
            'FROM %s AS told WHERE valid_until IS NULL AND NOT merged AND NOT drill AND opened_at IS NOT NULL', source) END;
    keys text := array_to_string(key, ', ');
BEGIN
    RETURN format('WITH day AS (SELECT county, generation, (at AT TIME ZONE time_zone)::date AS day, %1$s, %2$s '
        'FROM (%3$s) AS fact JOIN rolled_county USING (county) WHERE $2::text IS NULL OR county = $2 '
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
        EXECUTE format('CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql '
            'SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS %L',
            'add_to_' || rolled,
            'BEGIN ' || replace(replace(rolling(rolled, 'told'), '$1', 'TG_ARGV[0]::int8'), '$2', 'NULL')
                || '; RETURN NULL; END');
    END LOOP;
END $$;

-- That a case is an exercise takes its reports out, and that it is none any more brings them back.
CREATE FUNCTION roll_up_exercises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Exercises are rare.
    IF EXISTS (SELECT FROM told WHERE drill AND valid_until IS NULL) THEN
        EXECUTE rolling('rolled_report', '(SELECT report.county, report.generation, report.known_until, report.drill, '
            'report.accepted_at, report.area_code, report.repeat, NULL::uuid AS case_id FROM told AS own '
            'JOIN fact_report AS report ON report.county = own.county AND report.generation = own.generation '
            'AND report.case_id = own.id WHERE own.drill AND own.valid_until IS NULL)')
            USING -TG_ARGV[0]::int8, NULL::text;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER report_came AFTER INSERT ON fact_report REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_report('1');
CREATE TRIGGER report_went AFTER DELETE ON fact_report REFERENCING OLD TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_report('-1');
CREATE TRIGGER case_level_came AFTER INSERT ON fact_case REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_case_level('1');
CREATE TRIGGER case_level_went AFTER DELETE ON fact_case REFERENCING OLD TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_case_level('-1');
CREATE TRIGGER case_category_came AFTER INSERT ON fact_case REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_case_category('1');
CREATE TRIGGER case_category_went AFTER DELETE ON fact_case REFERENCING OLD TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_case_category('-1');
CREATE TRIGGER exercise_came AFTER INSERT ON fact_case REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION roll_up_exercises('1');
CREATE TRIGGER exercise_went AFTER DELETE ON fact_case REFERENCING OLD TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION roll_up_exercises('-1');
CREATE TRIGGER push_came AFTER INSERT ON fact_push REFERENCING NEW TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_push('1');
CREATE TRIGGER push_went AFTER DELETE ON fact_push REFERENCING OLD TABLE AS told
    FOR EACH STATEMENT EXECUTE FUNCTION add_to_rolled_push('-1');

-- Adds up all facts of a county anew, with its days in a zone. Whoever writes facts waits meanwhile.
CREATE FUNCTION roll_up_county(which text, zone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rolled text;
    source text;
BEGIN
    LOCK TABLE fact_report, fact_case, fact_push IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO rolled_county (county, time_zone) VALUES (which, zone)
    ON CONFLICT (county) DO UPDATE SET time_zone = EXCLUDED.time_zone;
    FOR rolled, source IN VALUES ('rolled_report', 'fact_report'), ('rolled_case_level', 'fact_case'),
        ('rolled_case_category', 'fact_case'), ('rolled_push', 'fact_push') LOOP
        EXECUTE format('DELETE FROM %I WHERE county = $1', rolled) USING which;
        EXECUTE rolling(rolled, source) USING 1::int8, which;
    END LOOP;
END $$;
