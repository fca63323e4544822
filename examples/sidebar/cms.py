"""A CMS of one page that shows the sidebar beside its form. Run it with a key in RELATED_KEY.

python examples/sidebar/cms.py http://127.0.0.1:8350 8351
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).with_name("editor.html").read_text("utf-8")


class Cms(BaseHTTPRequestHandler):
    """Shows the editor, and gets a token for whoever is signed in; here that is always the same desk."""

    service = ""

    def do_GET(self) -> None:
        """Answer with the page, or with a token: the key stays on this side."""
        if self.path == "/related-token":
            self._answer("application/json", self._token())
        else:
            self._answer("text/html; charset=utf-8", PAGE.replace("SERVICE", self.service).encode())

    def _token(self) -> bytes:
        headers = {"Authorization": f"Bearer {os.environ['RELATED_KEY']}", "Content-Type": "application/json"}
        body = json.dumps({"by": "night-desk"}).encode()
        asked = urllib.request.Request(f"{self.service}/sidebar/tokens", body, headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            token: bytes = answer.read()
        return token

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header(
            "Content-Security-Policy", f"script-src 'self' {self.service}; frame-src {self.service}"
        )
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Cms.service = sys.argv[1].rstrip("/")
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Cms) as server:
        print(f"open http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
