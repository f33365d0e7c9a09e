#!/usr/bin/env python3
"""Connects a 110 system to Fengqiao: the records of one call, in the order in which networks deliver them.

    pip install grpcio grpcio-tools
    mkdir -p /tmp/fengqiao && python -m grpc_tools.protoc -I proto --python_out=/tmp/fengqiao \
        --grpc_python_out=/tmp/fengqiao $(find proto/fengqiao/type proto/fengqiao/intake -name '*.proto')
    PYTHONPATH=/tmp/fengqiao python deploy/examples/police_110.py [NUMBER [DAY]]

The call's number and its day (as 2026-11-24) say all that the records say: with the same two, every record is known.
The local stack must be running (deploy/run). In production, address, authority and token are the centre's.
"""

import json
import pathlib
import sys
import time

import grpc
from fengqiao.intake.v1 import record_service_pb2, record_service_pb2_grpc
from google.protobuf import json_format

stack = json.loads(pathlib.Path(".local/stack.json").read_text())
authority = pathlib.Path(stack["ca"]).read_bytes()
token = pathlib.Path(stack["tokens"]["source-police_110"]).read_text().strip()
credentials = grpc.composite_channel_credentials(
    grpc.ssl_channel_credentials(authority), grpc.access_token_call_credentials(token)
)

call = sys.argv[1] if len(sys.argv) > 1 else f"J{time.time_ns()}"
# Today in Greenwich, so that eight in the morning in China is past.
day = sys.argv[2] if len(sys.argv) > 2 else time.strftime("%Y-%m-%d", time.gmtime())


def at(clock):
    return f"{day}T{clock}:00+08:00"


# The forms of the records stand in proto/fengqiao/intake/v1/police_call.proto. Two dispatches for one call; the first
# feedback comes before everything else, and the last one corrects the category.
taking = {"policeTaking": {
    "number": call, "calledAt": at("07:20"), "takenAt": at("07:21"), "areaCode": "421181105200",
    "address": "古城村3组12号", "content": "两家为排水沟争吵，有人动手",
    "category": {"list": "police", "code": "0203", "word": "邻里纠纷"},
    "caller": {"name": "王女士", "phone": "19900001234"},
}}
dispatches = [
    {"policeDispatch": {"number": f"{call}-C{n}", "callNumber": call, "unit": f"4211810{n}",
                        "dispatchedAt": at("07:22")}}
    for n in (1, 2)
]
feedbacks = [
    {"policeFeedback": {"number": f"{call}-F1", "dispatchNumber": f"{call}-C1", "fedBackAt": at("07:40"),
                        "content": "到场时双方已散", "disputeSettled": False}},
    {"policeFeedback": {"number": f"{call}-F2", "dispatchNumber": f"{call}-C2", "fedBackAt": at("07:55"),
                        "content": "当场调解未成", "category": {"list": "police", "word": "家庭纠纷"}}},
]
records = [feedbacks[0], dispatches[1], taking, dispatches[0], feedbacks[1], taking]


def messages(sent):
    for mark, record in sent.items():
        yield json_format.ParseDict({"mark": mark, "record": record}, record_service_pb2.SubmitRecordsRequest())


with grpc.secure_channel(stack["services"]["intake"].removeprefix("https://"), credentials) as channel:
    intake = record_service_pb2_grpc.RecordServiceStub(channel)
    unanswered = dict(enumerate(records, start=1))
    for attempt in range(10):
        wait = 0.5 * 2**attempt
        try:
            # gRPC's flow control slows this down by itself where intake is busy. Each record has its own answer.
            for answer in intake.SubmitRecords(messages(dict(unanswered)), timeout=60):
                if answer.HasField("refused"):
                    refused = answer.refused
                    if refused.retry_after_ms:
                        wait = max(wait, refused.retry_after_ms / 1000)
                        continue
                    print(answer.mark, "refused", [(v.field, v.description) for v in refused.violations])
                else:
                    kept = answer.accepted
                    state = "waits for its call" if kept.waiting else f"revision {kept.reports[0].revision}"
                    print(answer.mark, "known" if kept.known else "kept", state)
                unanswered.pop(answer.mark)
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
                sys.exit(f"{error.code().name}: {error.details()}")
        if not unanswered:
            break
        # What has no answer is sent again: to send twice never harms.
        time.sleep(wait)
    else:
        sys.exit(f"{len(unanswered)} records have no answer")
