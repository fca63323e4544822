"""What a Milvus holds of vectors: each publisher's rows, in collections of whatever shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from index.servers import milvus_server
from index.servers.milvus_collection import LONG, PREFIX, owner_of, partition_of
from index.servers.milvus_server import SECONDS

T = TypeVar("T")


class MilvusStock:
    """All vectors of a Milvus (see `index.base.Stock`)."""

    def __init__(self, url: str) -> None:
        self._server = milvus_server.server(url)
        self._calls = self._server.calls

    def publishers(self, prefix: str) -> list[str]:
        """Return nobody: rows have a hash of their publisher's name, and not the name."""
        del prefix
        return []

    def rows(self, publisher: str) -> int:
        """Return how many rows are held of a publisher."""
        owned = _owned(publisher)
        asked = {"output_fields": ["count(*)"], "consistency_level": "Strong", "timeout": LONG}

        def count(client: MilvusClient, name: str) -> int:
            return int(client.query(name, filter=owned, **asked)[0]["count(*)"])

        return sum(self._of_each(count))

    def forget(self, publisher: str) -> None:
        """Delete the rows of a publisher; Milvus frees their space when it next compacts."""
        owned, part = _owned(publisher), partition_of(owner_of(publisher))

        def delete(client: MilvusClient, name: str) -> None:
            client.delete(name, filter=owned, partition_name=part, timeout=LONG)

        self._of_each(delete)

    def _of_each(self, work: Callable[[MilvusClient, str], T]) -> list[T]:
        """Return what is done with each collection of ours that stays there meanwhile."""

        def done() -> list[T]:
            client = self._server.client()
            results: list[T] = []
            for name in client.list_collections(timeout=SECONDS):
                if name.startswith(PREFIX):
                    try:
                        results.append(work(client, name))
                    except MilvusException:
                        if client.has_collection(name, timeout=SECONDS):
                            raise
            return results

        return self._calls(done)


def _owned(publisher: str) -> str:
    return f'owner == "{owner_of(publisher)}"'
