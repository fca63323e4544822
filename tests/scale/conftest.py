"""What the tests of vectors on servers share: real servers, and indexes of publishers of their own.

Every run of tests reads this file, where the drivers are missing, too: each is imported when it is asked for.
"""

from __future__ import annotations

import importlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index import VectorIndex
from tests.index.conftest import LoadIndex, MakeIndex
from tests.scale.milvus_server import MilvusServer, is_installed
from tests.scale.postgres_server import PostgresServer

if TYPE_CHECKING:
    from index.servers.milvus import MilvusIndex
    from index.servers.pgvector import PgVectorIndex

SERVERS = {"pgvector": ("PgVectorIndex", "vectors_url"), "milvus": ("MilvusIndex", "milvus_url")}


@pytest.fixture(scope="session")
def vectors_url(postgres_server: PostgresServer) -> str:
    """Return the address of a database for vectors alone."""
    return postgres_server.fresh()


@pytest.fixture(scope="session")
def milvus_server() -> Iterator[MilvusServer]:
    """Return a Milvus of these tests, which ends with them."""
    if not is_installed():
        pytest.skip("Milvus cannot be had here: the package milvus is not installed")
    server = MilvusServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def milvus_url(milvus_server: MilvusServer) -> str:
    """Return its address."""
    return milvus_server.url


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def made(server: str, request: pytest.FixtureRequest) -> Iterator[tuple[MakeIndex, LoadIndex]]:
    name, address = SERVERS[server]
    kind = getattr(importlib.import_module(f"index.servers.{server}"), name)
    url = request.getfixturevalue(address)
    indexes: list[PgVectorIndex | MilvusIndex] = []

    def make(dimension: int, fields: tuple[str, ...]) -> VectorIndex:
        indexes.append(kind(dimension, fields, url=url, publisher=uuid.uuid4().hex))
        return indexes[-1]

    def load(directory: Path) -> VectorIndex:
        loaded: VectorIndex = kind.load(directory, url=url)
        return loaded

    yield make, load
    for index in indexes:
        index.forget()


@pytest.fixture
def make(made: tuple[MakeIndex, LoadIndex]) -> MakeIndex:
    return made[0]


@pytest.fixture
def load(made: tuple[MakeIndex, LoadIndex]) -> LoadIndex:
    return made[1]
