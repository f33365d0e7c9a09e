SELECT form.*, paper.sha256 AS paper_sha256
FROM form
LEFT JOIN form_paper AS paper ON paper.county = $1 AND paper.form_id = form.form_id
WHERE form.county = $1 AND form.agency = $2 AND ($3::uuid IS NULL)
    AND ($4::smallint IS NULL OR form.kind = $4) AND (form.issued_at, form.form_id) < ($5, $6)
ORDER BY form.issued_at DESC, form.form_id DESC
LIMIT $7
