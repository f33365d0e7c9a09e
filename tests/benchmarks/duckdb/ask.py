"""Asks DuckDB questions about a table of facts.

The file of questions has `table` (a CREATE TABLE of the name facts), `csv` (its rows without a head, in the order of their
times, so that DuckDB can skip what a window does not touch), `rounds`, and `questions`: each a SELECT of one text a row.
Answers with JSON: for each question its rows, sorted, and the milliseconds of each round.
"""

import json
import sys
import time

import duckdb


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        asked = json.load(file)
    database = duckdb.connect()
    database.execute(asked["table"])
    database.execute("COPY facts FROM '" + asked["csv"] + "' (header false)")
    answers = []
    for question in asked["questions"]:
        rows, milliseconds = [], []
        # Two rounds warm up.
        for turn in range(asked["rounds"] + 2):
            began = time.perf_counter()
            rows = database.execute(question).fetchall()
            if turn >= 2:
                milliseconds.append((time.perf_counter() - began) * 1000)
        answers.append({"rows": sorted(row[0] for row in rows), "milliseconds": milliseconds})
    json.dump(answers, sys.stdout)


main(sys.argv[1])
