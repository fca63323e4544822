"""One long job at a time in a thread of its own, which ends with the program. Knows nothing of the job."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

Check = Callable[[], None]
"""Called by a job between blocks of its work; raises `Stopped` when the job is to end."""


class Stopped(Exception):
    """The job was told to end before it was done."""


class Background:
    """Runs a job beside whoever started it."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a job is under way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, job: Callable[[Check], object]) -> bool:
        """Start a job unless one is under way; return whether it was started."""
        if self.running:
            return False
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=_run, args=(job, self._stop), daemon=True, name="index-improve"
        )
        # A daemon thread still inside FAISS while the interpreter is taken down crashes: it is joined before.
        weakref.finalize(self, _end, self._thread, self._stop)
        self._thread.start()
        return True

    def wait(self) -> None:
        """Return when no job is under way."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Tell the job to end, and return when it has."""
        self._stop.set()
        self.wait()


def _run(job: Callable[[Check], object], stop: threading.Event) -> None:
    def check() -> None:
        if stop.is_set():
            raise Stopped

    try:
        job(check)
    except Stopped:
        return


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    if thread is not threading.current_thread():
        thread.join()
