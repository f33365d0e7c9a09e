-- Keeps a bulletin; nothing where one of the same kind and period, or of the same request, is kept already.
INSERT INTO bulletin (county, bulletin_id, kind, title, first_day, last_day, area_code, category, summary, made_at, made_by,
    request_id, agencies, said, figures, template_sha256)
VALUES ($1::text, $2::uuid, $3::text, $4::text, $5::date, $6::date, $7::text, $8::text, $9::text, $10::timestamptz,
    $11::text, $12::text, $13::text[], $14::text[], $15::jsonb, $16::bytea)
ON CONFLICT DO NOTHING
RETURNING bulletin_id
