-- By which lookup key a county is read, and whether there are hashes by it only.
SELECT lookup, one_key FROM lookup_reading WHERE county = $1
