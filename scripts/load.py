"""A load generator for a service on this machine: GET requests over kept connections, and how long each took.

Closed loop: each connection asks again as soon as it has its answer. Open loop (a rate): requests are due at
fixed times and timed from then, so that a stall is charged to all who had to wait ("coordinated omission").
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from uvloop import run

OK, SHED = 200, 503
_LENGTH = b"content-length:"


class Load(msgspec.Struct):
    """What to ask: paths in turn, over so many connections, for so many seconds, `rate` a second if given."""

    port: int
    paths: list[str]
    key: str = ""
    connections: int = 8
    seconds: float = 5.0
    rate: float | None = None


@dataclass(frozen=True)
class Result:
    """Answers a second, and latencies of those that are 200, in milliseconds.

    `shed` counts answers with 503, by which a service says that it has too much to do; `failed` all others.
    """

    per_second: float
    p50: float
    p99: float
    failed: int
    shed: int = 0


async def measure(load: Load) -> Result:
    """Ask, and return what came of it."""
    requests = itertools.cycle([_request(load, path) for path in load.paths])
    times: list[float] = []
    others: Counter[int] = Counter()
    begin = time.perf_counter()
    due = _due(begin, load.rate)
    ends = begin + load.seconds

    async def ask_on() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        for at in due:
            now = time.perf_counter()
            if max(at, now) >= ends:
                break
            if at > now:
                await asyncio.sleep(at - now)
            started = at if load.rate else now
            writer.write(next(requests))
            status = await _answered(reader)
            if status == OK:
                times.append(time.perf_counter() - started)
            else:
                others[status] += 1
        writer.close()

    await asyncio.gather(*(ask_on() for _ in range(load.connections)))
    p50, p99 = np.percentile(times or [np.nan], [50, 99]) * 1000
    shed = others.pop(SHED, 0)
    seconds = time.perf_counter() - begin
    return Result(len(times) / seconds, float(p50), float(p99), others.total(), shed)


def _due(begin: float, rate: float | None) -> Iterator[float]:
    """Yield when each request is to be sent; always at once in a closed loop."""
    return (begin + number / rate if rate else begin for number in itertools.count())


def _request(load: Load, path: str) -> bytes:
    key = f"authorization: Bearer {load.key}\r\n" if load.key else ""
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{key}\r\n".encode()


async def _answered(reader: asyncio.StreamReader) -> int:
    """Read one answer; return its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().index(_LENGTH) + len(_LENGTH)
    await reader.readexactly(int(head[at : head.index(b"\r\n", at)]))
    return int(head.split(b" ", 2)[1])


def main() -> None:
    """Read a `Load` as JSON from standard input; write the `Result` as JSON to standard output."""
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(run(measure(load))))


if __name__ == "__main__":
    main()
