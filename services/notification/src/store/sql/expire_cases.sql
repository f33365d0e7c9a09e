-- Removes who and what of cases ($2) whose term is over: of their pushes, answers and who gave them, attempts, files and
-- forms. $3 is a sealed matter that says nothing, $4 a sealed empty text, $5 a sealed form that says nothing. A paper is
-- emptied and keeps its hash, so that one who has it can still be told that it is right; a form that was never printed
-- cannot be any more.
--
-- The county stands beside each id: else the planner goes through the whole county where it believes a table to be small.
WITH gone AS MATERIALIZED (
    SELECT $1::text AS county, case_id FROM UNNEST($2::uuid[]) AS gone (case_id)
), by_hand AS MATERIALIZED (
    -- Only a form that was issued by hand has a content of its own. Its push, where it has one, has its id and no case.
    SELECT county, form_id, pushed FROM gone JOIN form USING (county, case_id) WHERE sealed_content IS NOT NULL
), pushes AS MATERIALIZED (
    SELECT county, push_id FROM gone JOIN push USING (county, case_id) WHERE subject = 1
    UNION ALL
    SELECT county, form_id FROM by_hand WHERE pushed
), emptied AS (
    -- What a rule gave as the reason stays. That of a form by hand is somebody's own words: lists show its number instead.
    UPDATE push SET sealed_matter = $3, return_text = NULL, return_evidence = NULL, recall_text = NULL, limit_at = NULL,
        reason = CASE subject WHEN 3 THEN form_number ELSE reason END
    WHERE (county, push_id) IN (SELECT county, push_id FROM pushes)
), answers AS (
    UPDATE feedback SET sealed_text = $4 WHERE (county, push_id) IN (SELECT county, push_id FROM pushes)
), recorded AS (
    UPDATE recorded_answer SET sealed_teller = $4 WHERE (county, push_id) IN (SELECT county, push_id FROM pushes)
), attempts AS (
    UPDATE delivery_attempt SET sealed_answer = NULL
    WHERE (county, push_id) IN (SELECT county, push_id FROM pushes) AND sealed_answer IS NOT NULL
), files AS (
    DELETE FROM attachment WHERE (county, push_id) IN (SELECT county, push_id FROM pushes) RETURNING content
), contents AS (
    -- A content that another push has too stays.
    DELETE FROM attachment_content AS held
    WHERE county = $1 AND content IN (SELECT content FROM files)
      AND NOT EXISTS (
        SELECT FROM attachment AS other
        WHERE other.county = $1 AND other.content = held.content
          AND other.push_id NOT IN (SELECT push_id FROM pushes)
      )
    RETURNING body, place
), swept AS (
    -- Nobody has these bodies any more: they are removed like those that were never handed in whole.
    INSERT INTO attachment_upload (county, body, began_at, place)
    SELECT $1, body, '-infinity'::timestamptz, place FROM contents
), unprotected AS (
    -- Nothing is left that could be read.
    DELETE FROM protected_case WHERE county = $1 AND case_id = ANY ($2::uuid[])
), forms AS (
    UPDATE form SET sealed_content = CASE WHEN sealed_content IS NULL THEN NULL ELSE $5::bytea END
    WHERE (county, form_id) IN (SELECT county, push_id FROM pushes UNION SELECT county, form_id FROM by_hand)
    RETURNING form_id
)
INSERT INTO form_paper (county, form_id, sha256, pages, sealed_pdf, made_at)
SELECT $1, form_id, ''::bytea, 0, ''::bytea, now() FROM forms
ON CONFLICT (county, form_id) DO UPDATE SET sealed_pdf = ''
