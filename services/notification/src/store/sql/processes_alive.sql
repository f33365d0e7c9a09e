SELECT process, agencies FROM delivery_process WHERE county = $1 AND until > now()
