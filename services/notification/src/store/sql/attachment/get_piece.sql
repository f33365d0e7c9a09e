SELECT piece FROM attachment_piece WHERE county = $1 AND body = $2 AND number = $3
