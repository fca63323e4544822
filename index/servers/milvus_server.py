"""Connections to a Milvus: made when first needed, checked once, limited in time. Knows no collection."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import grpc
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from index.errors import IndexInputError, IndexUnsuitable
from index.servers.calls import Calls

SECONDS = 5.0  # that one call may take
_NO_URL = "not a Milvus URL; give http://user@host:19530/database, with %xx for : / @ % in a password"
EXACT, HNSW = "FLAT", "HNSW"
INDEX_TYPES: Mapping[tuple[int, int], tuple[str, ...]] = MappingProxyType(
    {version: (EXACT, HNSW) for version in ((2, 3), (2, 4), (2, 5), (2, 6))}
)
"""What is used of each version that is known to answer as the contract says; no other is talked to."""

# It logs every failed try with its stack, even where the next one succeeds; errors tell it all.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


class Server:
    """One Milvus, for all indexes of this process that use it.

    Parameters
    ----------
    url : str
        ``http://user:password@host:19530/database``, or ``https://``.

    Raises
    ------
    IndexInputError
        When the URL is none.
    """

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or 19530
        except ValueError:  # it shows parts of the URL, maybe of a password
            raise IndexInputError(_NO_URL) from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise IndexInputError(_NO_URL)
        self.uri = f"{parts.scheme}://{parts.hostname}:{port}"
        self._token = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        self._database = parts.path.strip("/")
        name = f"Milvus at {parts.hostname}:{port}"
        self.calls = Calls(name, is_passing, (MilvusException, grpc.RpcError), SECONDS, is_slow)
        self._client: MilvusClient | None = None
        self._lock = threading.Lock()

    def client(self) -> MilvusClient:
        """Return what talks to it, connected and checked.

        Raises
        ------
        IndexUnsuitable
            When its version is not known to do.
        """
        with self._lock:
            if self._client is None:
                client = MilvusClient(self.uri, token=self._token, db_name=self._database, timeout=SECONDS)
                check_version(str(client.get_server_version(timeout=SECONDS)))
                self._client = client
            return self._client


def check_version(version: str) -> None:
    """Raise `IndexUnsuitable` unless a server of this version is known to answer as it must."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) not in INDEX_TYPES:
        known = ", ".join(f"{major}.{minor}" for major, minor in INDEX_TYPES)
        raise IndexUnsuitable(f"Milvus {version} is not among those that do here; use one of {known}")


def is_passing(error: BaseException) -> bool:
    """Return whether the same call may succeed later: the server is away, starting, or overtaxed."""
    if isinstance(error, grpc.RpcError):
        return True
    return isinstance(error, MilvusException) and (
        error.code in _PASSING or any(word in str(error).lower() for word in _PASSING_WORDS)
    )


def is_slow(error: BaseException) -> bool:
    """Return whether a server that is there did not answer in time."""
    return isinstance(error, grpc.RpcError) and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


_PASSING = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200, 201, 202, 500, 501, 502, 503, 504})
"""Codes of Milvus: not ready, overtaxed, a node or a channel that is not there yet."""
_PASSING_WORDS = ("unavailable", "connect", "timeout", "deadline", "not ready", "no available", "not loaded")

_servers: dict[tuple[int, str], Server] = {}
_servers_lock = threading.Lock()


def server(url: str) -> Server:
    """Return what talks to a Milvus; nothing is asked yet. Raises as `Server`."""
    with _servers_lock:
        key = (os.getpid(), url)  # a connection of the parent's is of no use after a fork
        if key not in _servers:
            _servers[key] = Server(url)
        return _servers[key]
