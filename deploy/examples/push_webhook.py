#!/usr/bin/env python3
"""Takes an agency's pushes: python push_webhook.py whsec_… (what `fengqiao endpoint rotate` printed), port 8098."""

import base64, hashlib, hmac, http.server, json, sys, time

KEY = base64.b64decode(sys.argv[1].removeprefix("whsec_"))


class Pushes(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        at, said = self.headers["webhook-timestamp"], self.headers["webhook-signature"].split()
        mac = hmac.new(KEY, f"{self.headers['webhook-id']}.{at}.".encode() + body, hashlib.sha256)
        right = "v1," + base64.b64encode(mac.digest()).decode()
        good = abs(time.time() - int(at)) < 300 and any(hmac.compare_digest(right, one) for one in said)
        if good:  # Keep it under its pushId before answering: the same push may come again.
            push = json.loads(body)
            print(push["level"], push["form"], push["caseNumber"], push["pushId"], push["matter"]["title"], flush=True)
        self.send_response(204 if good else 401)
        self.end_headers()


http.server.HTTPServer(("", int(sys.argv[2]) if len(sys.argv) > 2 else 8098), Pushes).serve_forever()
