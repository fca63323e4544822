"""The collection of vectors in Milvus, behind an alias: made when first needed, exchanged for a rebuilt one.

Who uses one goes on with that, by its own name, until it is gone, and asks then where the alias points: what
it wrote is in the one that it searches all along, and its name tells that another one may lack some of it.

Publishers share it; each has its rows in one of a few partitions. They are chosen here and not by a partition
key: before 2.3.10 Milvus puts what is upserted into partitions by the wrong column, and searches miss it.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from index.servers.milvus_server import EXACT, HNSW, SECONDS, Server

PREFIX = "related_vectors_"  # of all names here
PARTITIONS = 16  # each has segments of its own: few publishers share one, and small ones cost little
NEIGHBOURS, BUILD_WIDTH = 16, 128  # `M` and `efConstruction` of HNSW, as in pgvector
BOUND = 6.0  # seconds after which every copy holds what was written, of which Milvus promises five
BLOCK = 2000  # rows a call
ABANDONED = 3600.0  # seconds after which a rebuild that did not end is taken for dead
LONG = 600.0  # seconds for what a rebuild waits for

T = TypeVar("T")

_written: dict[tuple[str, str], float] = {}  # by server and alias: when this process wrote there last


class Collection:
    """What holds the vectors of one length with certain fields, for all publishers.

    Parameters
    ----------
    server : Server
        Where it is.
    dimension : int
        Components of a vector.
    fields : sequence of str
        One column of int64 each, called by its place, since fields may have any name.
    publisher : str
        Whose rows are meant.
    """

    def __init__(self, server: Server, dimension: int, fields: Sequence[str], publisher: str) -> None:
        self._server, self._dimension = server, dimension
        self.columns = {field: f"column{place}" for place, field in enumerate(fields)}
        shape = hashlib.sha256(repr((dimension, tuple(fields))).encode()).hexdigest()[:8]
        self.alias = PREFIX + shape
        self.owner = owner_of(publisher)
        self.partition = partition_of(self.owner)
        self._name = ""
        self._lock = threading.RLock()

    def ask(self, work: Callable[[MilvusClient, str], T]) -> T:
        """Return what ``work`` returns of a client and the name of the collection in use.

        It is done once more where that collection was gone, with the one that took its place.
        """
        client, name = self.opened()
        try:
            return work(client, name)
        except MilvusException:
            if client.has_collection(name, timeout=SECONDS):
                raise
            self._leave(name)
        return work(*self.opened())

    def opened(self) -> tuple[MilvusClient, str]:
        """Return what talks to the server, and the name of the collection in use, made where none is."""
        client = self._server.client()
        with self._lock:
            if not self._name:
                name = self._pointed(client)
                if not name:
                    name = f"{self.alias}_1"
                    self._make(client, name, EXACT)
                    self._point(client, name)
                    name = self._pointed(client) or name
                self._name = name
                self.note_written()  # by another one: what is read of it has to be whole
            return client, self._name

    def _leave(self, name: str) -> None:
        with self._lock:
            if self._name == name:
                self._name = ""

    def _pointed(self, client: MilvusClient) -> str:
        """Return the name of the collection that the alias points to, "" where there is none."""
        try:
            return str(client.describe_alias(self.alias, timeout=SECONDS)["collection_name"])
        except MilvusException as error:
            if "not found" not in str(error).lower():
                raise
            return ""

    def _make(self, client: MilvusClient, name: str, index_type: str) -> None:
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, max_length=40, is_primary=True)
        schema.add_field("owner", DataType.VARCHAR, max_length=16)
        for column in ("id", *self.columns.values()):
            schema.add_field(column, DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self._dimension)
        built: dict[str, Any] = {"M": NEIGHBOURS, "efConstruction": BUILD_WIDTH} if index_type == HNSW else {}
        indexes = client.prepare_index_params()
        indexes.add_index("vector", index_type=index_type, metric_type="IP", params=built)
        client.create_collection(name, schema=schema, num_shards=1, consistency_level="Strong", timeout=LONG)
        for part in range(PARTITIONS):
            client.create_partition(name, f"part{part}", timeout=SECONDS)
        client.create_index(name, indexes, timeout=LONG)
        client.load_collection(name, timeout=LONG)

    def _point(self, client: MilvusClient, name: str) -> None:
        try:
            client.create_alias(name, self.alias, timeout=SECONDS)
        except MilvusException:
            if not self._pointed(client):  # else another process was faster
                raise

    def note_written(self) -> None:
        """Remember that this process wrote: what it reads next has to hold that."""
        _written[self._server.uri, self.alias] = time.monotonic()

    @property
    def consistency(self) -> str:
        """How a read is to be answered: after own writes with all of them, else by what every copy holds."""
        since = time.monotonic() - _written.get((self._server.uri, self.alias), -BOUND)
        return "Strong" if since < BOUND else "Bounded"

    def index_type(self) -> str:
        """Return how it is searched."""
        described = self.ask(lambda client, name: client.describe_index(name, "vector", timeout=SECONDS))
        return str((described or {}).get("index_type", EXACT))

    def count(self, where: str = "id >= 0", seconds: float = SECONDS) -> int:
        """Return how many rows of all publishers pass a condition."""
        asked = {"output_fields": ["count(*)"], "consistency_level": "Strong", "timeout": seconds}
        rows = self.ask(lambda client, name: client.query(name, filter=where, **asked))
        return int(rows[0]["count(*)"])

    def values(self, field: str) -> NDArray[np.int64]:
        """Return the id and the value of a field (n, 2) of all rows of the publisher."""
        column = self.columns[field]

        def read(client: MilvusClient, name: str) -> NDArray[np.int64]:
            owned = f'owner == "{self.owner}"'
            rows = self._rows(client, name, self.partition, owned, ["id", column])
            pages: list[NDArray[np.int64]] = [np.empty((0, 2), np.int64)]
            while batch := list(islice(rows, BLOCK)):
                pages.append(np.array([(row["id"], row[column]) for row in batch], np.int64))
            return np.concatenate(pages)

        return self.ask(read)

    def rebuild(self, index_type: str, is_good: Callable[[str], bool]) -> bool | None:
        """Copy all rows to a new collection that is searched in another way, and let the alias point to it.

        Unless ``is_good`` says of its name that it is not: then all stays as it was, and False is returned.
        None where another process is at it, or has done it.

        All others go on with the old one meanwhile, until it is dropped. What they wrote after it was copied
        is not in the new one: they find that by its name (`VectorIndex.held_in`), and write it again.
        """
        client, old = self.opened()
        if self._pointed(client) != old:
            self._leave(old)
            return None
        if self.tidy():
            return None
        new = f"{self.alias}_{_number(old) + 1}_{time.time():.0f}_{uuid.uuid4().hex[:8]}"
        is_done = False
        try:
            self._make(client, new, index_type)
            parts = [f"part{part}" for part in range(PARTITIONS)]
            for part in sorted(parts, key=self.partition.__eq__):  # ours last: it is compared as it is then
                self._copy(client, old, new, part)
            client.flush(new, timeout=LONG)
            if not is_good(new):
                return False
            if self._pointed(client) != old:
                return None
            client.alter_alias(new, self.alias, timeout=SECONDS)
            is_done = True
            self._leave(old)
        except MilvusException:
            if client.has_collection(old, timeout=SECONDS):
                raise
            self._leave(old)  # another process was faster, and has dropped it
            return None
        finally:
            with suppress(MilvusException):  # another time will do for this
                client.drop_collection(old if is_done else new, timeout=LONG)
        return True

    def tidy(self) -> list[str]:
        """Drop what rebuilds left behind that did not end; return those that may be under way."""
        client, _ = self.opened()
        if not (current := self._pointed(client)):
            return []
        found = [
            name for name in client.list_collections(timeout=SECONDS) if name.startswith(f"{self.alias}_")
        ]
        number, long_ago = _number(current), time.time() - ABANDONED
        others = set(found) - {current}
        # One that began when ours did has its number: it finds out by itself that it comes too late.
        going = {name for name in others if _number(name) >= number and _begun(name) > long_ago}
        for name in others - going:
            client.drop_collection(name, timeout=LONG)
        return sorted(going)

    def _copy(self, client: MilvusClient, old: str, new: str, partition: str) -> None:
        fields = ["key", "owner", "id", *self.columns.values(), "vector"]
        rows = self._rows(client, old, partition, "id >= 0", fields)
        while batch := list(islice(rows, BLOCK)):
            client.upsert(new, batch, partition_name=partition, timeout=LONG)

    def _rows(
        self, client: MilvusClient, name: str, partition: str, where: str, fields: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield all rows of a partition that pass a condition, with all that was written before."""
        rows = client.query_iterator(
            name,
            batch_size=BLOCK,
            filter=where,
            output_fields=list(fields),
            partition_names=[partition],
            consistency_level="Strong",
            timeout=LONG,
        )
        try:
            while batch := rows.next():
                yield from batch
        finally:
            rows.close()


def owner_of(publisher: str) -> str:
    """Return what stands for a publisher in conditions, beside whole numbers: a name may hold any sign."""
    return hashlib.sha256(publisher.encode()).hexdigest()[:16]


def partition_of(owner: str) -> str:
    """Return the partition that has the rows of an owner."""
    return f"part{int(owner, 16) % PARTITIONS}"


def _number(name: str) -> int:
    """Return how many collections there were before one behind the same alias, and itself."""
    return int(_parts(name)[0])


def _begun(name: str) -> int:
    """Return when one was begun, in epoch seconds; 0 where its name does not say."""
    parts = _parts(name)
    return int(parts[1]) if len(parts) > 1 else 0


def _parts(name: str) -> list[str]:
    return name.removeprefix(PREFIX).split("_")[1:]
