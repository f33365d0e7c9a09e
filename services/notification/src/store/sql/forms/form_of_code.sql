SELECT form.*, paper.sha256 AS paper_sha256
FROM form
LEFT JOIN form_paper AS paper ON paper.county = $1 AND paper.form_id = form.form_id
WHERE form.county = $1 AND form.check_code = $2
