"""Writes and reads that are under way at the same time, by different doors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx

from tests.histories.checks import path
from tests.histories.model import Version
from tests.histories.reads import Reads
from tests.histories.writes import NAMES

READS = 6  # while two writes are under way


class Together(Reads):
    """Lets two writes of different stories meet. Once both are acknowledged, both hold by every door."""

    def write_together(self) -> None:
        """Publish a story while another one is called back or excluded, and while readers ask for both."""
        self.doors.clock.set(self.now + 1)
        version = self.fresh(self.random.choice(NAMES))
        other = self.random.choice(sorted(self.model.held.keys() - {version.id}))
        one, two = self.random.sample(list(self.doors.services), 2)
        write, follow = self.some_write(other, two)
        pages = [version.id, other, *self.random.sample(NAMES, READS - 2)]
        with ThreadPoolExecutor(3) as pool:
            sent = pool.submit(self.posted, one, version)
            done = pool.submit(write)
            list(pool.map(lambda id: one.get(path(id, "related")), pages))
        self.sent.setdefault(version.id, []).append(version)
        self.take(version, sent.result(), "publish")
        follow(done.result())
        for id in pages:
            self.read_by_all(id)

    def some_write(self, id: str, service: httpx.Client) -> tuple[Callable[[], Any], Callable[[Any], None]]:
        """Return a write to a story, or to its block, and how the model follows its answer."""
        target = self.random.choice(sorted(self.model.held.keys() - {id}))
        if self.random.random() < 0.4:
            self.note("together exclude", id, target)
            where = f"{path(id)}/exclusions/{target}"
            write = partial(self.succeeding, service.put, where, json={"by": "desk"})
            return write, lambda got: self.model.edits(id, got.json()["event"], "exclude", target)
        what, fields = self.some_call(id)
        self.note("together", id, what, fields)
        return partial(self.call, id, what, fields), lambda _: self.model.calls(id, **fields)

    def posted(self, service: httpx.Client, version: Version) -> str:
        """Send a story; return what became of it."""
        self.note("together publish", version.id, version.token, version.status)
        meant = {"undelete": "true"}
        got = self.succeeding(service.post, "/stories", json=version.to_json(), params=meant)
        return str(got.json()["outcome"])

    def succeeding(self, ask: Callable[..., httpx.Response], *where: str, **what: object) -> httpx.Response:
        """Return an answer that may not be a refusal."""
        got = ask(*where, **what)
        if got.status_code not in (200, 201):
            self.fail(*where, what, got.status_code, got.text)
        return got

    def read_by_all(self, id: str) -> None:
        """Ask every door for a block."""
        for service in self.doors.services:
            answer = service.get(path(id, "related"))
            self.check_status(id, answer)
            if answer.status_code == 200:
                self.check_block(answer.json(), id)
        for commands in self.doors.commands:
            told = commands("related", id)
            if self.check_shown(id, told.get("message", ""), "related", id):
                self.check_block(told["answer"], id)
