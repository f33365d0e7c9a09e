            ORDER BY paused, due_at
            LIMIT 10001
        ) AS mine
        ORDER BY mine.paused, mine.due_at
        LIMIT 10001
    ) AS urgent
) AS owed
