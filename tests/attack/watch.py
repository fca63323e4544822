"""Asks for /health until its input ends, then says how it was: python -m tests.attack.watch URL.

A process of its own: one that shares the attacker's would wait for the attacker.
"""

from __future__ import annotations

import json
import sys
import threading
import time

import httpx

PAUSE = 0.02  # seconds between two looks
STRAIN = 0.002  # seconds of work by which it is found out how busy the machine is


def main() -> None:
    """Watch until the end of the input."""
    url, stop = sys.argv[1], threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    longest = wall = work = 0.0
    failed = 0
    with httpx.Client(timeout=30) as kept:
        while not stop.wait(PAUSE):
            with httpx.Client(timeout=30, verify=False) as fresh:
                for client in (kept, fresh):
                    begin = time.perf_counter()
                    try:
                        failed += client.get(f"{url}/health").status_code != 200
                    except httpx.HTTPError:
                        failed += client is fresh  # a kept connection may be closed under a flood
                    longest = max(longest, time.perf_counter() - begin)
            begin, ends = time.perf_counter(), time.thread_time() + STRAIN
            while time.thread_time() < ends:
                pass
            wall, work = wall + time.perf_counter() - begin, work + STRAIN
    print(json.dumps({"longest": longest, "failed": failed, "strain": wall / work if work else 1.0}))


if __name__ == "__main__":
    main()
