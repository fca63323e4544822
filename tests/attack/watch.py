"""Asks a service for /health until its input ends: python -m tests.attack.watch URL PID.

It says "watching" once it does, so that nothing is over before it has looked, and at the end how it was. What
counts of an answer's time is what the service took: where the kernel tells for how long a thread that could
have gone on had no processor, that wait is the machine's, and is taken off. A process of its own: one that
shares the attacker's would wait for the attacker.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import httpx

PAUSE = 0.02  # seconds between two looks


def waits(pid: int) -> dict[str, float]:
    """Return for how many seconds each thread of a process waited for a processor, where the kernel tells.

    The second number of schedstat, see the kernel's documentation of scheduler statistics.
    """
    found = {}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        try:
            found[task.name] = int((task / "schedstat").read_text("ascii").split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # it has just ended, or such a kernel
    return found


def machine_wait(pid: int, before: dict[str, float], after: dict[str, float]) -> float:
    """Return how long the event loop waited for a processor: itself, and the thread that it may wait for."""
    more = {task: after[task] - before.get(task, 0.0) for task in after}
    return more.pop(str(pid), 0.0) + max(more.values(), default=0.0)


class Watched:
    """A service, asked over a connection that is kept and over a new one each time."""

    def __init__(self, url: str, pid: int) -> None:
        self._url, self._pid, self._kept = f"{url}/health", pid, httpx.Client(timeout=30)
        self.longest, self.failed = 0.0, 0

    def look(self) -> None:
        """Ask twice."""
        with httpx.Client(timeout=30, verify=False) as fresh:
            for client in (self._kept, fresh):
                mine, theirs = waits(os.getpid()), waits(self._pid)
                begin = time.perf_counter()
                try:
                    self.failed += client.get(self._url).status_code != 200
                except httpx.HTTPError:
                    self.failed += client is fresh  # a kept connection may be closed under a flood
                took = time.perf_counter() - begin
                took -= machine_wait(self._pid, theirs, waits(self._pid))
                took -= machine_wait(os.getpid(), mine, waits(os.getpid()))
                self.longest = max(self.longest, took)


def main() -> None:
    """Watch until the end of the input."""
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    watched = Watched(sys.argv[1], int(sys.argv[2]))
    watched.look()
    watched.longest = 0.0  # what the first one takes is this process's own beginning
    print("watching", flush=True)
    while not stop.wait(PAUSE):
        watched.look()
    print(json.dumps({"longest": watched.longest, "failed": watched.failed}))


if __name__ == "__main__":
    main()
