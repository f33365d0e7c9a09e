INSERT INTO attachment_piece (county, body, number, piece) VALUES ($1, $2, $3, $4)
