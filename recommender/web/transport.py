"""Connections that lead only where they may, and that end when their time is up.

A host is resolved here, once, and the address that was checked is the one that is connected to: what a name
means a moment later does not count. Every step takes its time from what is left for the whole request.
"""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import httpcore
import httpx

from recommender.web.errors import PrivateHostError
from recommender.web.hosts import Reach

CONNECT_SECONDS = 10.0  # of one address of a host, and of what it does to begin TLS
PIECE_SECONDS = 30.0  # between two pieces of an answer
_PIECE = 1 << 14  # bytes that are written with one look at the clock
_MAPPED: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.TimeoutException, httpx.TimeoutException),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.ConnectionNotAvailable, httpx.NetworkError),
)


class Guarded(httpx.BaseTransport):
    """Sends requests of `httpx`. Threads may share it.

    A request has ``extensions={"seconds": ...}``: what it may take in all. Proxies that the environment
    names are used; they are hosts like others, and who is behind them is theirs to check.

    Parameters
    ----------
    reach : Reach
        Where connections may lead.
    """

    def __init__(self, reach: Reach) -> None:
        self._time = _Time()
        self._backend = _Backend(reach, self._time)
        self._tls = httpx.create_ssl_context()
        self._pools: dict[str, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its answer's body is still to be read, by the same thread."""
        self._time.begin(request.extensions["seconds"])
        steps = {"connect": CONNECT_SECONDS, "read": PIECE_SECONDS, "write": PIECE_SECONDS, "pool": None}
        sent = httpcore.Request(
            request.method,
            httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=cast(Iterable[bytes], request.stream),
            extensions={"timeout": steps},
        )
        with _mapped():
            answer = self._pool(request.url).handle_request(sent)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        """Return the connections that lead to an address, over the proxy that stands before it, if any."""
        proxies = urllib.request.getproxies()
        proxy = proxies.get(url.scheme) or proxies.get("all") or ""
        if urllib.request.proxy_bypass(url.host):
            proxy = ""
        with self._lock:
            if proxy not in self._pools:
                common: dict[str, Any] = {"ssl_context": self._tls, "network_backend": self._backend}
                self._pools[proxy] = (
                    httpcore.HTTPProxy(proxy, **common) if proxy else httpcore.ConnectionPool(**common)
                )
            return self._pools[proxy]


class _Body(httpx.SyncByteStream):
    """What an answer holds, its errors those of `httpx`."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except tuple(inner for inner, _ in _MAPPED) as error:
        outer = next(outer for inner, outer in _MAPPED if isinstance(error, inner))
        raise outer(str(error) or type(error).__name__) from error


class _Time(threading.local):
    """What is left of the time of the request that a thread is at."""

    _ends = 0.0

    def begin(self, seconds: float) -> None:
        """Begin a request that may take so long."""
        self._ends = time.monotonic() + seconds

    def left(self, most: float | None) -> float:
        """Return how long the next step may take; raise when nothing is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it took too long")
        return left if most is None else min(left, most)


class _Stream(httpcore.NetworkStream):
    """A connection that looks at the clock."""

    def __init__(self, inner: httpcore.NetworkStream, time: _Time) -> None:
        self._inner, self._time = inner, time

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._time.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], self._time.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: Any = None, timeout: Any = None) -> _Stream:  # noqa: ANN401
        left = self._time.left(timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._time)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 (as it is declared)
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Resolves a host and connects to an address of it that may be asked."""

    def __init__(self, reach: Reach, time: _Time) -> None:
        self._reach, self._time, self._inner = reach, time, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,  # noqa: ANN401 (passed on)
    ) -> httpcore.NetworkStream:
        found = _addresses(host, port)
        may = [address for address in found if self._reach.has(host, address)]
        if not may:
            raise PrivateHostError(f"{host}:{port}", host, found[0])
        for address in may[:-1]:
            try:
                return self._connected(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # a host of several addresses may be reached at another one
        return self._connected(may[-1], port, timeout, local_address, socket_options)

    def _connected(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        options: Any,  # noqa: ANN401
    ) -> _Stream:
        left = self._time.left(timeout)
        return _Stream(self._inner.connect_tcp(address, port, left, local_address, options), self._time)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("its host is not known") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
