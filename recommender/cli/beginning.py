"""How a command begins and ends quickly. Knows no command."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage within: imports and one question make little, and each look goes through all."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def one_thread() -> None:
    """Let numpy's products run in one thread, unless the environment says otherwise: before it is imported.

    The threads that it would begin have nothing to do in one question, and wait for that by spinning.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def end_at_once(code: int) -> None:
    """End the process where nothing is left to be done in it: taking its memory apart is a tenth of a query.

    Returns where a thread is still at work, which the interpreter waits for at its own end.
    """
    if any(not each.daemon for each in threading.enumerate() if each is not threading.main_thread()):
        return
    sys.stderr.flush()
    os._exit(code)
