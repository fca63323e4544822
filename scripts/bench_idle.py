"""Measures what an idle worker's look costs, in processor time, at three sizes with all blocks fresh.

The catalogs are made of rows that only this look reads: no story is embedded.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from recommender.catalog import Catalog
from recommender.catalog.blocks import Blocks

SIZES = (10_000, 100_000, 300_000)
LOOKS = 50
NOW = 10**9

_STORIES = """
WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
INSERT INTO story (num, id, published, visible_from, visible_until, status, kind, revised, content_hash,
    text_hash, document)
SELECT i, 's' || i, i, i, 9223372036854775807, 'published', 'news', i, 'c' || i, 't' || i, '{}' FROM k
"""
_BLOCKS = """
INSERT INTO block (source, made, recipe, provenance, shown, version)
SELECT num, 1, 'r', '{}', '[]', num FROM story
"""


def main() -> None:
    """Print milliseconds of processor time a look."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for size in SIZES:
        with tempfile.TemporaryDirectory() as scratch, Catalog.create(Path(scratch) / "c.sqlite") as catalog:
            with catalog.transaction() as connection:
                connection.exec_driver_sql(_STORIES, (size,))
                connection.exec_driver_sql(_BLOCKS)
            print(f"{size:>9,} stories: {_look(catalog):.2f} ms")


def _look(catalog: Catalog) -> float:
    blocks = Blocks(catalog)
    begin = time.process_time()
    for _ in range(LOOKS):
        blocks.waiting(NOW, None, 100)
        blocks.cursor()
        catalog.last_seq()
        blocks.waiting(NOW, "r", 2)
        blocks.missing(NOW, 2)
        blocks.next_due()
    return (time.process_time() - begin) / LOOKS * 1000


if __name__ == "__main__":
    main()
