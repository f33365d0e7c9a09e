"""Questions asked again and again, the same way of every engine."""

import json
import sys
import time

# Rounds that warm up.
WARM_UP = 2


def answer(asked, rows_of) -> None:
    """Says for each question the rows, sorted, and the milliseconds of each round."""
    answers = []
    for question in asked["questions"]:
        rows, milliseconds = [], []
        for turn in range(asked["rounds"] + WARM_UP):
            began = time.perf_counter()
            rows = rows_of(question)
            if turn >= WARM_UP:
                milliseconds.append((time.perf_counter() - began) * 1000)
        answers.append({"rows": sorted("|".join(map(str, row)) for row in rows), "milliseconds": milliseconds})
    json.dump(answers, sys.stdout)
