"""A site's cache of the tests, which a service tells what to purge."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from recommender.service.signing import new_secret

Raw = dict[str, Any]


@dataclass
class Receiver:
    """A site's cache, which is told what to purge: keeps what comes, if it is genuine and new to it.

    Attributes
    ----------
    told : list of dict
        The changes.
    ids : list of str
        Of the posts, in the order in which they came; one that comes again stands there again.
    """

    secret: str = field(default_factory=new_secret)
    told: list[Raw] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    host: str = "127.0.0.1"

    @property
    def settings(self) -> str:
        """Lines of the table `[service]` by which it is told."""
        return f'webhook_url = "{self.url}"\nwebhook_private = true\nwebhook_secret = "{self.secret}"\n'

    @property
    def url(self) -> str:
        host, port = self.server.server_address[:2]
        return f"http://{host!s}:{port}/purge"

    @property
    def repeated(self) -> int:
        """How many posts came again."""
        return len(self.ids) - len(set(self.ids))

    def _take(self, id: str, changed: list[Raw]) -> None:
        if id not in self.ids:
            self.told += changed
        self.ids.append(id)

    def __post_init__(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                try:
                    told = Webhook(receiver.secret).verify(body, dict(self.headers.items()))
                except WebhookVerificationError:
                    self.send_response(401)
                else:
                    receiver._take(self.headers["webhook-id"], told["changed"])
                    self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer((self.host, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
