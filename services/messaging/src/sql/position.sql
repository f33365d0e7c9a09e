SELECT position FROM receiver_position WHERE county = $1 AND topic = $2
