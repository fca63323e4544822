"""Requests to an address that an operator named: only to where they may go, bounded in time and size.

Knows nothing of what is posted.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from recommender.service.hosts import WAY_OUT, is_public


def post(
    client: httpx.Client,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    private: bool,
) -> int:
    """Post, and return the status of the answer, whose body is not read.

    Raises
    ------
    httpx.HTTPError
        When there is no answer within `seconds` in all, or the host turns out to be of a private network,
        whatever its name was found to mean when it was checked.
    """
    headers = {**headers, "accept-encoding": "identity", "connection": "close"}
    with _watched(seconds, private) as trace:
        extensions: dict[str, Any] = {"trace": trace}
        request = client.build_request("POST", url, content=body, headers=headers, extensions=extensions)
        answer = client.send(request, stream=True, follow_redirects=False)
        answer.close()  # its status says all
        return answer.status_code


class _Watch:
    """Sees the connection as it is made: ends it when time is up, or where it may not lead."""

    def __init__(self, private: bool) -> None:
        self._private, self._late = private, False
        self._socket: socket.socket | None = None

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        made: socket.socket = info["return_value"].get_extra_info("socket")
        self._socket, peer = made, made.getpeername()[0]
        if not (self._private or is_public(peer)):
            raise httpx.ConnectError(f"the host is at {peer}, a private address; {WAY_OUT}")
        if self._late:
            self.end()

    def end(self) -> None:
        """End the connection, whatever it waits for."""
        self._late = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended by itself
                return


@contextmanager
def _watched(seconds: float, private: bool) -> Iterator[_Watch]:
    watch = _Watch(private)
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
