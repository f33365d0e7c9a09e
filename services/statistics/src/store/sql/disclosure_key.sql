-- A county's key of the dice.
SELECT key FROM disclosure_key WHERE county = $1
