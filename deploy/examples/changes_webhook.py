#!/usr/bin/env python3
"""Takes what became of a hotline's tickets: python changes_webhook.py whsec_… [8099] (the secret of sources.toml, the port)."""

import base64, hashlib, hmac, http.server, json, sys, time

KEY = base64.b64decode(sys.argv[1].removeprefix("whsec_"))


class Changes(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        at, said = self.headers["webhook-timestamp"], self.headers["webhook-signature"].split()
        mac = hmac.new(KEY, f"{self.headers['webhook-id']}.{at}.".encode() + body, hashlib.sha256)
        right = "v1," + base64.b64encode(mac.digest()).decode()
        good = abs(time.time() - int(at)) < 300 and any(hmac.compare_digest(right, one) for one in said)
        if good:  # A change that came before (the same webhook-id) may come again: position says so.
            change = json.loads(body)
            print(change["position"], change["sourceRef"], change["kind"], change["standing"]["caseNumber"])
        self.send_response(204 if good else 401)
        self.end_headers()


http.server.HTTPServer(("", int((sys.argv + ["8099"])[2])), Changes).serve_forever()
