"""Free SQL over the facts of a stack, through Flight SQL.

    ours.py STACK_JSON FACTS QUESTIONS_JSON

Waits until the segments hold so many facts, and answers as the program of the baseline does (../duckdb/ask.py).
"""

import json, pathlib, sys, time

import adbc_driver_flightsql.dbapi as flight_sql
import adbc_driver_manager

sys.path.append(str(pathlib.Path(__file__).parent.parent / "duckdb"))
import asking

stack = json.load(open(sys.argv[1]))
facts = int(sys.argv[2])
options = {
    "adbc.flight.sql.authorization_header": "Bearer " + open(stack["tokens"]["analyst"]).read().strip(),
    "adbc.flight.sql.client_option.tls_root_certs": open(stack["ca"]).read(),
}
cursor = flight_sql.connect(stack["services"]["analysts"].replace("https", "grpc+tls"), db_kwargs=options, autocommit=True).cursor()

until = time.monotonic() + 1800
while True:
    try:
        cursor.execute("SELECT count(*) FROM reports")
        if cursor.fetchone()[0] == facts:
            break
    except adbc_driver_manager.Error:
        pass
    if time.monotonic() > until:
        sys.exit("the segments are not written")
    time.sleep(1)


def rows_of(question):
    cursor.execute(question)
    return cursor.fetchall()


asking.answer(json.load(open(sys.argv[3])), rows_of)
