SELECT form.*, push.reason, push.area_name, push.sealed_matter, paper.sha256 AS paper_sha256
FROM form
LEFT JOIN push ON push.county = $1 AND push.push_id = form.form_id
LEFT JOIN form_paper AS paper ON paper.county = $1 AND paper.form_id = form.form_id
WHERE form.county = $1 AND form.issued_by = $2 AND form.request_id = $3
