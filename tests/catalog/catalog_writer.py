"""Run by the tests as a process of its own: writes batches and prints each one once it is acknowledged.

Arguments: the catalog, a prefix of the ids, how many batches, stories of a batch, a limit on file size or 0.
"""

from __future__ import annotations

import resource
import sys

from recommender.catalog import Catalog, StoryEntry
from recommender.errors import ArchiveError
from tests.catalog.catalog_cases import NOW, a_story, some_vectors

SHARED = "shared"


def main(address: str, prefix: str, batches: int, size: int, file_limit: int) -> None:
    """Write each batch in one call; every batch also holds a version of one story that all writers share."""
    if file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
    with Catalog.open(address) as catalog:
        for batch in range(batches):
            ids = [f"{prefix}/{batch}/{n}" for n in range(size)]
            entries = [
                StoryEntry(a_story(i, body=i * 50), some_vectors(batch * size + n)) for n, i in enumerate(ids)
            ]
            shared = StoryEntry(a_story(SHARED, updated=batch, body=f"version {batch}"), some_vectors(batch))
            try:
                catalog.write([*entries, shared], NOW)
            except ArchiveError as error:
                print(f"refused {error}", flush=True)
                return
            print(batch, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(value) for value in sys.argv[3:6]))
