INSERT INTO form (
    county, form_id, pushed, kind, title, issuer, issuer_name, series, year, number, number_text,
    template_version, agency, agency_name, recipient_kind, case_id, case_number, level, issued_at, issued_by,
    request_id, sign_by, answer_by, check_code, drill, sealed_content
) VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26
)
