-- The last day of a county's daily work that is done.
SELECT done_through FROM daily_work WHERE county = $1 AND work = $2
