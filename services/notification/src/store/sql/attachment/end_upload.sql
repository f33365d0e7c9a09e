DELETE FROM attachment_upload WHERE county = $1 AND body = $2
