-- Whether a reading ($2) opened this push ($3) to this person ($4) of this agency ($5) since $6.
SELECT EXISTS (
    SELECT FROM protected_reading
    WHERE county = $1 AND id = $2 AND push_id = $3 AND actor = $4 AND agency = $5 AND at > $6
)
