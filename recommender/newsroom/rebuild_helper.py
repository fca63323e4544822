"""A helper process of an archive pass: it makes blocks, and writes nothing. See `rebuild`."""

from __future__ import annotations

import sys

import msgspec

from index.storage.processes import serve
from recommender.archive.archive_place import ArchivePlace
from recommender.newsroom.newsroom import Newsroom
from recommender.newsroom.rebuild_batches import BlocksRequest
from recommender.settings import Settings


class _Clock:
    """Says the time of the request that is answered: all blocks of a pass are made by one clock."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def main() -> None:
    """Be one of the processes. Requests come in, answers go out."""
    clock = _Clock()
    settings = msgspec.json.decode(sys.argv[1], type=Settings)
    with Newsroom.open(ArchivePlace.of_helper(), settings, clock=clock) as newsroom:

        def answer(message: bytes) -> bytes:
            request = msgspec.msgpack.decode(message, type=BlocksRequest)
            clock.now = request.now
            return msgspec.msgpack.encode(newsroom.made(request.nums))

        serve(answer)
