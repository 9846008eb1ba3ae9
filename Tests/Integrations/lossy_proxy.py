# SPDX-License-Identifier: Apache-2.0
"""Passes requests on to a server, and loses its answer to every second one: lossy_proxy.py URL. Prints its own address."""

import http.server
import sys
import urllib.request

server = sys.argv[1]


class LossyProxy(http.server.BaseHTTPRequestHandler):
    requests = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = urllib.request.Request(server + self.path, body, {"Content-Type": self.headers["Content-Type"]}, method="POST")
        with urllib.request.urlopen(request) as response:
            answer = response.read()
        LossyProxy.requests += 1
        if LossyProxy.requests % 2 == 1:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


proxy = http.server.HTTPServer(("127.0.0.1", 0), LossyProxy)
print(f"http://127.0.0.1:{proxy.server_port}", flush=True)
proxy.serve_forever()
