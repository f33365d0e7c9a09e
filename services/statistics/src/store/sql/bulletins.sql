-- Bulletins, the newest first.
-- $1 county  $2 kind, or empty  $3 the agency whose they are, or null  $4, $5 time and id of the last one of the page before
-- $6 how many  $7 this one alone, or null  $8 who asked for it, or null  $9 by which request
-- $10 of the calendar of this first day, or null
SELECT bulletin_id, kind, title, first_day, last_day, area_code, category, summary, made_at, made_by, request_id, agencies, said,
    figures, template_sha256,
    ARRAY(SELECT format FROM bulletin_file AS file WHERE file.county = bulletin.county
        AND file.bulletin_id = bulletin.bulletin_id ORDER BY format) AS formats,
    ARRAY(SELECT sha256 FROM bulletin_file AS file WHERE file.county = bulletin.county
        AND file.bulletin_id = bulletin.bulletin_id ORDER BY format) AS sums,
    ARRAY(SELECT octet_length(content)::int8 FROM bulletin_file AS file WHERE file.county = bulletin.county
        AND file.bulletin_id = bulletin.bulletin_id ORDER BY format) AS lengths
FROM bulletin
WHERE county = $1 AND ($2::text = '' OR kind = $2) AND ($3::text IS NULL OR $3 = ANY (agencies))
  AND ($4::timestamptz IS NULL OR (made_at, bulletin_id) < ($4, $5::uuid))
  AND ($7::uuid IS NULL OR bulletin_id = $7)
  AND ($8::text IS NULL OR (made_by = $8 AND request_id = $9::text))
  AND ($10::date IS NULL OR (made_by = '' AND first_day = $10))
ORDER BY made_at DESC, bulletin_id DESC
LIMIT $6::int8
