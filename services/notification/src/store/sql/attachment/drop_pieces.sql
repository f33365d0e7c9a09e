DELETE FROM attachment_piece WHERE county = $1 AND body = $2
