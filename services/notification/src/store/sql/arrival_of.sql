-- Where an agency's push stands in the order of arrival.
SELECT arrival FROM push WHERE county = $1 AND push_id = $2 AND agency = $3
