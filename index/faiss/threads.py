"""How many cores FAISS takes for the calls of this thread. Imports it when it is first used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def _use_one_core() -> None:
    """Let FAISS use one core in a forked child, where OpenMP waits for threads that are not there."""
    if "faiss" in sys.modules:
        sys.modules["faiss"].omp_set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use_one_core)


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Let FAISS use ``count`` cores for what this thread asks for within the block.

    One query gains nothing from a second core and loses a lot on a busy machine, where OpenMP's threads
    wait for each other by spinning (measured: 200 ms instead of 0.8 ms, five busy processes on two cores).
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(min(count, before))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
