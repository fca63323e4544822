"""The `related` command with the hash embedder in the model's place, as a process of its own.

The environment may ask for a slow embedder (TEST_SECONDS a batch), for one that warns (TEST_WARNING), and for
smaller batches (TEST_BATCH).
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.archive import archive
from recommender.cli import program
from tests.fakes import HashEmbedder


class SlowEmbedder(HashEmbedder):
    """Takes its time, and says on standard error when it starts with a batch."""

    def encode(self, texts: Sequence[str], on_done: object = None) -> NDArray[np.float32]:
        print("embedding", file=sys.stderr, flush=True)
        time.sleep(float(os.environ["TEST_SECONDS"]))
        return super().encode(texts)


def run() -> None:
    """Run the command line."""
    made = SlowEmbedder if "TEST_SECONDS" in os.environ else HashEmbedder

    def open_embedder(*_: object, **__: object) -> HashEmbedder:
        if text := os.environ.get("TEST_WARNING"):
            warnings.warn(text, stacklevel=2)
        return made()

    archive.open_embedder = open_embedder
    archive.Archive.add.__defaults__ = (None, int(os.environ.get("TEST_BATCH", archive.BATCH)))
    program()


if __name__ == "__main__":
    run()
