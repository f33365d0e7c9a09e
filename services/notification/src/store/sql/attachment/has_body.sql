SELECT EXISTS (SELECT FROM attachment_content WHERE county = $1 AND body = $2)
