"""Asks DuckDB questions about a table of facts.

The file of questions has `prepare` (statements that make what is asked about), `rounds`, and `questions`: each a SELECT.
Answers with JSON: for each question its rows, sorted, their cells joined by |, and the milliseconds of each round.
"""

import json
import sys

import duckdb

import asking


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        asked = json.load(file)
    database = duckdb.connect()
    for statement in asked["prepare"]:
        database.execute(statement)
    asking.answer(asked, lambda question: database.execute(question).fetchall())


main(sys.argv[1])
