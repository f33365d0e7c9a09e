SELECT sha256, pages, sealed_pdf FROM form_paper WHERE county = $1 AND form_id = $2
