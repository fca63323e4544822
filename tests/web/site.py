"""A small real HTTP server on the loopback, which plays the sites that are asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from recommender.web.client import WebClient
from recommender.web.settings import WebSettings

HOST = "127.0.0.1"


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        return self.path + (
            f"?{'&'.join(f'{k}={v[0]}' for k, v in self.query.items())}" if self.query else ""
        )


@dataclass
class Reply:
    """What is answered; `raw` writes to the connection itself."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[socket.socket], None] | None = None


Page = Reply | bytes | str | Callable[[Asked], "Reply | bytes | str"]


class Site:
    """Pages by path, and what was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.pages: dict[str, Page] = {}
        self.asked: list[Asked] = []

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        page = self.pages.get(asked.path)
        if page is None:
            return Reply("nothing here", 404)
        answer = page(asked) if callable(page) else page
        return answer if isinstance(answer, Reply) else Reply(answer)

    def targets(self) -> list[str]:
        """Return what was asked for, robots.txt left out."""
        return [one.target for one in self.asked if one.path != "/robots.txt"]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of who hung up."""


@contextmanager
def running() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = parse_qs(parts.query, keep_blank_values=True)
            asked = Asked(self.command, parts.path, query, headers, self.rfile.read(length))
            reply = site.reply(asked)
            if reply.raw is not None:
                self.close_connection = True
                try:
                    reply.raw(self.connection)
                except OSError:
                    return
                return
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            for name, value in {"content-length": str(len(body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with _Server((HOST, 0), Handler) as server:
        server.daemon_threads = True
        site = Site(server.server_port)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield site
        server.shutdown()


def client(sleep: Callable[[float], object] = lambda _: None, **settings: object) -> WebClient:
    """Return a client that may ask the loopback, and does not wait."""
    return WebClient(WebSettings(**{"private_hosts": HOST, **settings}), sleep=sleep)  # type: ignore[arg-type]
