"""Who waits for a thread: bulk loads come last, who waits too long is turned away, who hung up is skipped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from prometheus_client import Gauge

from recommender.service.problems import Problem
from recommender.service.settings import ServiceSettings
from recommender.service.work import READERS, Pools, Work

SETTINGS = ServiceSettings(waiting=3, read_wait_seconds=0.05, write_wait_seconds=0.05)


class Held:
    """Work whose threads are all busy until they are let go."""

    def __init__(self, settings: ServiceSettings = SETTINGS) -> None:
        self.work = Work(settings, Gauge("x", "x", registry=None))
        self.go = threading.Event()
        self.done: list[str] = []
        self.busy = [self.begin(self.work.write, "first", wait=True)]
        self.busy += [self.begin(self.work.read, "first", wait=True) for _ in range(READERS)]

    def begin(self, how: Callable[..., object], name: str, *, wait: bool = False) -> asyncio.Task[None]:
        def run() -> None:
            if wait:
                self.go.wait()
            self.done.append(name)

        return asyncio.ensure_future(how(run))

    async def end(self, *tasks: asyncio.Task[None]) -> None:
        self.go.set()
        await asyncio.gather(*self.busy, *tasks)
        self.work.close()


def test_a_bulk_load_goes_behind_whoever_waits() -> None:
    async def run() -> None:
        held = Held(replace(SETTINGS, write_wait_seconds=60))
        await asyncio.sleep(0)
        tasks = [held.begin(held.work.write_behind, "bulk") for _ in range(2)]
        await asyncio.sleep(0.1)  # it waits for longer than a request may
        tasks += [held.begin(held.work.write, name) for name in ("one", "two")]
        await asyncio.sleep(0)
        await held.end(*tasks)
        assert [name for name in held.done if name != "first"] == ["one", "two", "bulk", "bulk"]

    asyncio.run(run())


@pytest.mark.parametrize("how", ["write", "read", "read_behind"])
def test_who_would_wait_too_long_is_turned_away(how: str) -> None:
    async def run() -> None:
        held = Held()
        await asyncio.sleep(0)
        with pytest.raises(Problem) as refused:
            await held.begin(getattr(held.work, how), "late")
        assert refused.value.status == 503
        assert refused.value.headers["retry-after"]
        await held.end()
        assert "late" not in held.done

    asyncio.run(run())


def test_no_more_wait_than_may() -> None:
    async def run() -> None:
        held = Held(replace(SETTINGS, read_wait_seconds=60))
        await asyncio.sleep(0)
        tasks = [held.begin(held.work.read, "waits") for _ in range(SETTINGS.waiting)]
        await asyncio.sleep(0)
        with pytest.raises(Problem):
            await held.begin(held.work.read, "late")
        await held.end(*tasks)

    asyncio.run(run())


def test_what_nobody_waits_for_any_more_is_not_begun_and_its_turn_goes_on() -> None:
    async def run() -> None:
        held = Held(replace(SETTINGS, write_wait_seconds=60))
        await asyncio.sleep(0)
        gone, stays = (held.begin(held.work.write, name) for name in ("gone", "stays"))
        await asyncio.sleep(0)
        gone.cancel()
        await held.end(stays)
        assert "gone" not in held.done

    asyncio.run(run())


def test_a_check_does_not_wait_behind_the_work() -> None:
    async def run() -> None:
        held = Held()
        await asyncio.sleep(0)
        assert await held.work.check(lambda: "ok") == "ok"
        await held.end()

    asyncio.run(run())


def test_costly_reads_leave_a_thread_to_pages() -> None:
    async def run() -> None:
        work, go, done = (
            Work(replace(SETTINGS, read_wait_seconds=5), Gauge("x", "x", registry=None)),
            threading.Event(),
            [],
        )

        def costly() -> None:
            go.wait()
            done.append("costly")

        behind = [asyncio.ensure_future(work.read_behind(costly)) for _ in range(READERS)]
        await asyncio.sleep(0)
        for _ in range(3):
            await work.read(done.append, "page")
        assert done == ["page"] * 3
        go.set()
        await asyncio.gather(*behind)
        assert done[3:] == ["costly"] * READERS
        again = [asyncio.ensure_future(work.read(done.append, "page")) for _ in range(READERS + 1)]
        await asyncio.gather(*again)  # no thread was lost
        work.close()

    asyncio.run(run())


def test_of_shared_threads_one_is_left_to_those_who_wait() -> None:
    async def run() -> None:
        pools, go = Pools(write=3), threading.Event()
        gauge = Gauge("x", "x", registry=None)
        works = [Work(replace(SETTINGS, write_wait_seconds=60), gauge, pools) for _ in range(6)]
        loads = [asyncio.ensure_future(work.write_behind(go.wait)) for work in works[:5]]
        await asyncio.sleep(0)
        assert await works[5].write(lambda: "withdrawn") == "withdrawn"
        assert await works[4].write(lambda: "withdrawn") == "withdrawn"  # its own load only waits
        go.set()
        await asyncio.gather(*loads)
        assert all(work.is_idle for work in works)
        pools.close()

    asyncio.run(run())


def test_who_waits_for_shared_threads_waits_no_longer_than_for_ones_own() -> None:
    async def run() -> None:
        pools, go = Pools(write=1, read=2), threading.Event()
        works = [Work(SETTINGS, Gauge("x", "x", registry=None), pools) for _ in range(2)]
        busy = [asyncio.ensure_future(works[0].write(go.wait))]
        busy += [asyncio.ensure_future(works[0].read(go.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        for how in (works[1].write, works[1].read):
            with pytest.raises(Problem) as refused:
                await how(lambda: None)
            assert refused.value.status == 503
        assert works[1].is_idle
        go.set()
        await asyncio.gather(*busy)
        assert await works[1].write(lambda: "served") == "served"
        pools.close()

    asyncio.run(run())


def test_those_who_share_threads_have_them_in_turn() -> None:
    async def run() -> None:
        pools, go, done = Pools(write=1), threading.Event(), list[str]()
        settings = replace(SETTINGS, waiting=99, write_wait_seconds=60)
        loud, quiet = (Work(settings, Gauge("x", "x", registry=None), pools) for _ in range(2))
        tasks = [asyncio.ensure_future(loud.write(go.wait))]
        tasks += [asyncio.ensure_future(loud.write(done.append, "loud")) for _ in range(20)]
        await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(quiet.write(done.append, "quiet")))
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*tasks)
        assert done.index("quiet") <= 1
        pools.close()

    asyncio.run(run())
