-- Whether there is such an alert.
SELECT EXISTS (SELECT FROM watch_alert WHERE county = $1 AND alert_id = $2::uuid)
