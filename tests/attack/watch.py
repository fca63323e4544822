"""Asks two addresses for /health until its input ends: python -m tests.attack.watch URL BESIDE.

It says "watching" once it does, so that nothing is over before it has looked, and at the end how it was: the
seconds of the longest answer of each, and how many failed. A process of its own: one that shares the
attacker's would wait for the attacker.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import httpx

PAUSE = 0.02  # seconds between two looks


class Watched:
    """One address, asked over a connection that is kept and over a new one each time."""

    def __init__(self, url: str) -> None:
        self._url, self._kept = f"{url}/health", httpx.Client(timeout=30)
        self.longest, self.failed = 0.0, 0

    def look(self) -> None:
        """Ask twice."""
        with httpx.Client(timeout=30, verify=False) as fresh:
            for client in (self._kept, fresh):
                begin = time.perf_counter()
                try:
                    self.failed += client.get(self._url).status_code != 200
                except httpx.HTTPError:
                    self.failed += client is fresh  # a kept connection may be closed under a flood
                self.longest = max(self.longest, time.perf_counter() - begin)


def main() -> None:
    """Watch until the end of the input."""
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    attacked, beside = map(Watched, sys.argv[1:])
    attacked.look()
    attacked.longest = 0.0  # what the first one takes is this process's own beginning
    print("watching", flush=True)
    while not stop.wait(PAUSE):
        attacked.look()
        beside.look()
    print(json.dumps({"longest": attacked.longest, "failed": attacked.failed, "idle": beside.longest}))


if __name__ == "__main__":
    main()
