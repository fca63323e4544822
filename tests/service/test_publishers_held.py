"""Which archives are open, and whose work is begun, with stand-ins for archives."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from recommender.service import held_publishers
from recommender.service.held_publishers import HeldPublishers
from recommender.service.problems import Problem
from recommender.service.publisher import Due, Publisher
from recommender.service.publishers import Publishers
from tests.service.many import publishers

PATIENCE = 120.0


class Stub:
    """A publisher with no archive. What blocks waits for `gate`, where that is closed."""

    is_heavy = True
    is_broken = False

    def __init__(self, name: str) -> None:
        self.name, self.uses, self.used_at = name, 0, time.monotonic()
        self.is_awake = False
        self.work_is_done = True
        self.gate = threading.Event()
        self.gate.set()
        self.roused = 0
        self.next: Due | None = None
        self.service = SimpleNamespace(
            worker=SimpleNamespace(is_wanted=False), work=SimpleNamespace(is_idle=True)
        )

    @property
    def is_unused(self) -> bool:
        return not self.uses and self.work_is_done

    def next_work(self, now: float) -> Due | None:
        return self.next

    def rouse(self) -> None:
        self.roused += 1
        self.is_awake = True

    def close(self) -> Due | None:
        assert self.gate.wait(PATIENCE)
        return self.next


class World:
    """A directory, its stubs by name, and a clock."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.now, self.stubs = directory, 1000.0, dict[str, Stub]()
        self.slow: dict[str, threading.Event] = {}
        monkeypatch.setattr(Publisher, "open", self._open)

    def _open(self, path: Path, *_: object) -> Stub:
        if path.name in self.slow:
            assert self.slow[path.name].wait(PATIENCE)
        one = self.stubs[path.name] = Stub(path.name)
        return one

    def app(self, count: int, **settings: object) -> Publishers:
        for num in range(count):
            (self.directory / f"n{num}").mkdir()
        app = publishers(self.directory, **settings)
        object.__setattr__(app.held.shared, "clock", lambda: self.now)
        return app


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


async def until(is_so: Callable[[], bool], step: Callable[[], Awaitable[None]] | None = None) -> None:
    """Wait until something is so, taking a step between looks."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            if step is not None:
                await step()
            await asyncio.sleep(0.01)


async def asked(held: HeldPublishers, *names: str) -> None:
    for name in names:
        async with held.held(name):
            pass


def test_an_open_archive_that_sleeps_is_roused_in_time(world: World) -> None:
    async def play() -> None:
        app = world.app(1)
        app.held.know("n0", Due(is_patient=False, at=2000.0))
        await asked(app.held, "n0")
        await app.rounds.rouse_due()
        assert app.held.due
        world.now = 2000.0
        await until(lambda: world.stubs["n0"].roused > 0, app.rounds.rouse_due)
        assert not app.held.due

    asyncio.run(play())


def test_what_is_late_has_the_room_of_any_that_nobody_has_in_hand(world: World) -> None:
    async def play() -> None:
        app = world.app(4, loaded=2)
        async with app.held.held("n0"):  # the oldest, and in hand
            await asked(app.held, "n0", "n1")
            app.held.know("n3", Due(is_patient=False, at=world.now - 60))

            async def traffic() -> None:
                await asked(app.held, "n1", "n2")
                await app.rounds.rouse_due()

            await until(lambda: "n3" in world.stubs and world.stubs["n3"].roused > 0, traffic)

    asyncio.run(play())


def test_followed_sites_wait_for_embargoes(world: World) -> None:
    early, late = Due(is_patient=True, at=10.0), Due(is_patient=False, at=900.0)
    assert sorted([early, late])[0] is late

    async def play() -> None:
        app = world.app(1, loaded=1)
        await asked(app.held, "n0")
        assert app.held.has_room("n0", 10.0)
        assert not app.held.has_room("n1", 1e9)
        assert app.held.has_room("n1", 0.0)

    asyncio.run(play())


def test_what_is_over_is_closed_once_it_is_at_rest(world: World) -> None:
    async def play() -> None:
        app = world.app(2, open=1)
        async with app.held.held("n0"), app.held.held("n1"):
            assert len(app.held.all_open) == 2
        await until(lambda: len(app.held.all_open) == 1)

        await asked(app.held, "n0")
        world.stubs["n0"].work_is_done = False
        await asked(app.held, "n1")
        assert app.held.at_hand("n0") is not None  # never closed under its work
        world.stubs["n0"].work_is_done = True
        await until(lambda: len(app.held.all_open) == 1, app.rounds.rouse_due)

    asyncio.run(play())


def test_slow_closings_hold_up_no_opening(world: World) -> None:
    async def play() -> None:
        app = world.app(8)
        names = [f"n{num}" for num in range(7)]
        await asked(app.held, *names)
        for name in names:
            world.stubs[name].gate.clear()
            app.held.close(name)
        await asked(app.held, "n7")  # would never return
        for name in names:
            world.stubs[name].gate.set()
        await app.held.close_all()

    asyncio.run(play())


def test_who_waits_too_long_for_an_opening_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_publishers, "OPEN_SECONDS", 0.05)
    gate = world.slow["n0"] = threading.Event()

    async def play() -> None:
        app = world.app(1)
        with pytest.raises(Problem, match="takes long") as caught:
            await asked(app.held, "n0")
        assert caught.value.status == 503
        gate.set()
        monkeypatch.setattr(held_publishers, "OPEN_SECONDS", PATIENCE)
        await asked(app.held, "n0")

    asyncio.run(play())


def test_slow_openings_hold_up_no_other_that_is_due(world: World) -> None:
    async def play() -> None:
        app = world.app(2)
        gate = world.slow["n0"] = threading.Event()
        app.held.know("n0", Due(is_patient=False, at=1.0))
        app.held.know("n1", Due(is_patient=False, at=2.0))
        await until(lambda: "n1" in world.stubs and world.stubs["n1"].roused > 0, app.rounds.rouse_due)
        gate.set()
        await until(lambda: "n0" in world.stubs and world.stubs["n0"].roused > 0, app.rounds.rouse_due)

    asyncio.run(play())


def test_the_end_waits_for_what_is_in_hand(world: World) -> None:
    async def play() -> None:
        app = world.app(1)
        async with app.held.held("n0"):
            ending = asyncio.create_task(app.held.close_all())
            await asyncio.sleep(0)
            assert app.held.at_hand("n0") is not None
        await ending
        assert app.held.all_open == []

    asyncio.run(play())


def test_looks_do_not_count_as_use(world: World) -> None:
    async def play() -> None:
        app = world.app(3, open=2)
        await asked(app.held, "n0", "n1")
        async with app.held.held("n0", asked=False):
            pass
        await asked(app.held, "n2")
        await until(lambda: len(app.held.all_open) == 2)
        assert app.held.at_hand("n0") is None

    asyncio.run(play())


def test_one_whose_threads_do_not_start_is_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Stub) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Stub, "rouse", fails)

    async def play() -> None:
        app = world.app(1)
        async with app.held.held("n0") as one:
            app.held.rouse("n0", one)
        await until(lambda: app.held.at_hand("n0") is None)

    asyncio.run(play())


def test_one_that_is_gone_is_closed_and_forgotten(world: World) -> None:
    async def play() -> None:
        app = world.app(2)
        await asked(app.held, "n0", "n1")
        app.held.know("n0", Due(is_patient=False, at=5000.0))
        app.held.forget({"n1"})
        await until(lambda: app.held.at_hand("n0") is None)
        assert app.held.at_hand("n1") is not None

    asyncio.run(play())
