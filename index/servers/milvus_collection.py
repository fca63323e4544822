"""The collection of vectors in Milvus, behind an alias: made when first needed, exchanged for a rebuilt one.

Publishers share it; each has its rows in one of a few partitions. They are chosen here and not by a partition
key: before 2.3.10 Milvus puts what is upserted into partitions by the wrong column, and searches miss it.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from index.servers.milvus_server import EXACT, HNSW, SECONDS, Server

PARTITIONS = 16  # each has segments of its own: few publishers share one, and small ones cost little
NEIGHBOURS, BUILD_WIDTH = 16, 128  # `M` and `efConstruction` of HNSW, as in pgvector
BOUND = 6.0  # seconds after which every copy holds what was written, of which Milvus promises five
BLOCK = 2000  # rows a call
LONG = 600.0  # seconds for what a rebuild waits for

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
        self.alias = f"related_vectors_{shape}"
        # What stands in conditions is this and whole numbers: a publisher's name may hold any sign.
        self.owner = hashlib.sha256(publisher.encode()).hexdigest()[:16]
        self.partition = f"part{int(self.owner, 16) % PARTITIONS}"
        self._is_there = False
        self._lock = threading.RLock()

    def client(self) -> MilvusClient:
        """Return what talks to the server, once the collection is there."""
        client = self._server.client()
        with self._lock:
            if not self._is_there:
                if not self._has_alias(client):
                    self._make(client, f"{self.alias}_1", EXACT)
                    self._point(client, f"{self.alias}_1")
                self._is_there = True
        return client

    def _has_alias(self, client: MilvusClient) -> bool:
        try:
            client.describe_alias(self.alias, timeout=SECONDS)
        except MilvusException as error:
            if "not found" not in str(error).lower():
                raise
            return False
        return True

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
        except MilvusException:  # another process was faster, or it points to an earlier one
            client.alter_alias(name, self.alias, timeout=SECONDS)

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
        described = self.client().describe_index(self.alias, "vector", timeout=SECONDS)
        return str((described or {}).get("index_type", EXACT))

    def count(self, where: str = "id >= 0") -> int:
        """Return how many rows of all publishers pass a condition."""
        rows = self.client().query(
            self.alias, filter=where, output_fields=["count(*)"], consistency_level="Strong", timeout=SECONDS
        )
        return int(rows[0]["count(*)"])

    def rebuild(self, index_type: str, is_good: Callable[[str], bool]) -> bool:
        """Copy all rows to a new collection that is searched in another way, and let the alias point to it.

        Unless ``is_good`` says of its name that it is not: then all stays as it was, and False is returned.

        Reads go on meanwhile, by the old one. To be called while nothing is written: what another process
        writes meanwhile is lost to the index until it is written again.
        """
        client = self.client()
        old = str(client.describe_alias(self.alias, timeout=SECONDS)["collection_name"])
        new = f"{self.alias}_{int(old.rsplit('_', 1)[1]) + 1}"
        if client.has_collection(new, timeout=SECONDS):  # one that was not finished
            client.drop_collection(new, timeout=LONG)
        self._make(client, new, index_type)
        for part in range(PARTITIONS):
            self._copy(client, old, new, f"part{part}")
        client.flush(new, timeout=LONG)
        if not is_good(new):
            client.drop_collection(new, timeout=LONG)
            return False
        client.alter_alias(new, self.alias, timeout=SECONDS)
        self.note_written()
        client.drop_collection(old, timeout=LONG)
        return True

    def _copy(self, client: MilvusClient, old: str, new: str, partition: str) -> None:
        rows = client.query_iterator(
            old,
            batch_size=BLOCK,
            filter="id >= 0",
            output_fields=["key", "owner", "id", *self.columns.values(), "vector"],
            partition_names=[partition],
            consistency_level="Strong",
            timeout=LONG,
        )
        try:
            while batch := rows.next():
                client.upsert(new, list(batch), partition_name=partition, timeout=LONG)
        finally:
            rows.close()
