#!/usr/bin/env python3
"""Connects a 12345 hotline to Fengqiao: submits one ticket, as the hotline's own system would.

    pip install grpcio grpcio-tools
    mkdir -p /tmp/fengqiao && python -m grpc_tools.protoc -I proto --python_out=/tmp/fengqiao \
        --grpc_python_out=/tmp/fengqiao $(find proto/fengqiao/type proto/fengqiao/intake -name '*.proto')
    PYTHONPATH=/tmp/fengqiao python deploy/examples/hotline.py [NUMBER [DAY]]

The ticket's number and its day (as 2026-11-24) say all that the ticket says: with the same two, it is known.
The local stack must be running (deploy/run). In production, address, authority and token are the centre's.
"""

import json
import pathlib
import sys
import time

import grpc
from fengqiao.intake.v1 import intake_service_pb2, intake_service_pb2_grpc, report_pb2
from google.protobuf import json_format

stack = json.loads(pathlib.Path(".local/stack.json").read_text())
authority = pathlib.Path(stack["ca"]).read_bytes()
token = pathlib.Path(stack["tokens"]["source-hotline_12345"]).read_text().strip()
credentials = grpc.composite_channel_credentials(
    grpc.ssl_channel_credentials(authority), grpc.access_token_call_credentials(token)
)

number = sys.argv[1] if len(sys.argv) > 1 else f"GD-{time.time_ns()}"
# Today in Greenwich, so that six in the morning in China is past.
day = sys.argv[2] if len(sys.argv) > 2 else time.strftime("%Y-%m-%d", time.gmtime())

# A ticket in its JSON form, as documented in proto/fengqiao/intake/v1/report.proto.
ticket = {
    "source": "SOURCE_HOTLINE_12345",
    "sourceRef": number,
    "occurredAt": f"{day}T06:00:00+08:00",
    "areaCode": "421181105200",
    "address": "古城村3组12号",
    "title": "邻居排水淹了我家菜地",
    "narrative": "多次协商未果，昨晚双方发生争吵，请尽快处理。",
    "category": "邻里",
    "parties": [{"role": "PARTY_ROLE_REPORTER", "name": "王女士", "phone": "19900001234"}],
}

with grpc.secure_channel(stack["services"]["intake"].removeprefix("https://"), credentials) as channel:
    intake = intake_service_pb2_grpc.IntakeServiceStub(channel)
    request = json_format.ParseDict({"report": ticket}, intake_service_pb2.SubmitReportRequest())
    try:
        # The same reference may be sent again after any doubt: it stays one report.
        answer = intake.SubmitReport(request, timeout=5)
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")

print("known" if answer.known else "accepted", answer.report_id, "revision", answer.revision)
# Each reason is of the person, the household or the case; one evidence may speak for all three.
evidence = dict.fromkeys(report_pb2.Evidence.Name(reason.evidence) for reason in answer.linkage.reasons)
print("came before:" if answer.linkage.repeat else "first time",
      ", ".join(name.removeprefix("EVIDENCE_") for name in evidence))
