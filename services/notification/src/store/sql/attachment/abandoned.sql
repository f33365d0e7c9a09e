-- Bodies whose hand-in began so long ago that nobody hands them in any more, and that no content has.
SELECT body, place
FROM attachment_upload AS upload
WHERE county = $1 AND began_at < $2
LIMIT $3
