#!/usr/bin/env python3
"""An agency's system: fetches its pushes, signs each and says what was done.

    pip install grpcio grpcio-tools
    mkdir -p /tmp/fengqiao && python -m grpc_tools.protoc -I proto --python_out=/tmp/fengqiao \
        --grpc_python_out=/tmp/fengqiao $(find proto/fengqiao/type proto/fengqiao/notification -name '*.proto')
    PYTHONPATH=/tmp/fengqiao python deploy/examples/agency.py justice

The local stack must be running (deploy/run). In production, address, authority and token are the centre's.
"""

import json
import pathlib
import sys

import grpc
from fengqiao.notification.v1 import notification_service_pb2 as calls, notification_service_pb2_grpc, push_pb2

agency = sys.argv[1]
stack = json.loads(pathlib.Path(".local/stack.json").read_text())
authority = pathlib.Path(stack["ca"]).read_bytes()
token = (pathlib.Path(stack["tokens"]["agencies_dir"]) / f"{agency}.token").read_text().strip()
credentials = grpc.composite_channel_credentials(
    grpc.ssl_channel_credentials(authority), grpc.access_token_call_credentials(token)
)
# Where to go on: in a real system beside the pushes, in the same database.
place = pathlib.Path(f".local/fetched-{agency}")
cursor = place.read_text() if place.exists() else ""

with grpc.secure_channel(stack["services"]["notification"].removeprefix("https://"), credentials) as channel:
    notification = notification_service_pb2_grpc.NotificationServiceStub(channel)
    while True:
        page = notification.ListPushes(
            calls.ListPushesRequest(order=calls.LIST_PUSHES_ORDER_ARRIVAL, page_token=cursor), timeout=15
        )
        for push in page.pushes:
            # What is fetched again after a crash is the same push: its id says so.
            if push.receipt == push_pb2.RECEIPT_STATE_UNSIGNED:
                notification.SignPush(calls.SignPushRequest(push_id=push.push_id), timeout=15)
                said = calls.FeedbackPushRequest(push_id=push.push_id, request_id="first", text="已联系双方，约定明日调解",
                                                 outcome=push_pb2.FEEDBACK_OUTCOME_IN_PROGRESS)
                notification.FeedbackPush(said, timeout=15)
            print(push_pb2.ReceiptState.Name(push.receipt), push.case_number, push.matter.title)
        cursor = page.next_page_token
        place.write_text(cursor)
        if not page.pushes:
            break
