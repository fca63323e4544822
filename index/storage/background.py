"""One long job at a time in a thread of its own, which ends with the program. Knows nothing of the job."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = (
    10.0,
    3600.0,
)  # seconds before a job that failed is begun again; doubles each time

Check = Callable[[], None]
"""Called by a job between blocks of its work; raises `Stopped` when the job is to end."""


class Stopped(Exception):
    """The job was told to end before it was done."""


@dataclass
class Failures:
    """How often the last jobs failed in a row, and until when (monotonic seconds) none is begun."""

    in_a_row: int = 0
    until: float = 0.0

    def add(self, error: Exception) -> None:
        """Note one more. Its message is not told: it may quote what the job worked on."""
        pause = min(FIRST_PAUSE * 2.0 ** min(self.in_a_row, 30), LONGEST_PAUSE)
        self.in_a_row += 1
        self.until = time.monotonic() + pause
        log.warning("a job in the background failed (%s); begun again in %.0f s", type(error).__name__, pause)


class BackgroundJob:
    """Runs a job beside its caller. One that fails leaves all as it was, and is begun again later."""

    def __init__(self) -> None:
        self._failures = Failures()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether a job is under way."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, job: Callable[[Check], object]) -> bool:
        """Start a job unless one is under way, or failed just now; return whether it was started."""
        if self.running or time.monotonic() < self._failures.until:
            return False
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=copy_context().run,  # its lines in the log say for whom it works
            args=(_run, job, self._stop, self._failures),
            daemon=True,
            name="index-improve",
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


def _run(job: Callable[[Check], object], stop: threading.Event, failures: Failures) -> None:
    def check() -> None:
        if stop.is_set():
            raise Stopped

    try:
        job(check)
    except Stopped:
        return
    # Every error: this is the end of a thread, and the thread that started the job has long gone on.
    except Exception as error:
        failures.add(error)
    else:
        failures.in_a_row = 0


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    stop.set()
    if thread is not threading.current_thread():
        thread.join()
