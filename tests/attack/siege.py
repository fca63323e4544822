"""A service under attack: what it acknowledged, how it answers meanwhile, and what memory it takes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.attack.server import OFFSET
from tests.service.cases import story
from tests.service.running import ROOT, Running, add_key, make_archive

HEALTH_SECONDS = 0.2  # within which /health answers, besides the time for which the machine had no processor
PAUSE = 0.02  # seconds between two looks
AFTERWARDS = 1.0  # seconds for which it is watched when the attack is over
MEMORY = 1.5  # times what the service takes in peace, at the worst moment of an attack
STORIES = 24
SETTINGS = """
[service]
writes_per_second = 1e6
reads_per_second = 1e6
head_seconds = 3
body_seconds = 3
"""


@contextmanager
def _watched(url: str, pid: int) -> Iterator[dict[str, float]]:
    """Ask for /health all the while; give at the end what was seen."""
    seen: dict[str, float] = {}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.attack.watch", url, str(pid)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as watch:
        try:
            watch.stdout.readline()
            yield seen
            seen |= json.loads(watch.communicate()[0])
        finally:
            watch.kill()


class Siege:
    """A running service, and the truth of what it has acknowledged.

    Parameters
    ----------
    path : Path
        Where its archive is made.
    settings : str
        More of its settings, as TOML, in the table of the service.
    """

    def __init__(self, path: Path, settings: str = "") -> None:
        self.archive = make_archive(path / "archive", SETTINGS + settings)
        self.offset = path / OFFSET
        self.offset.write_text("0", "ascii")
        self.key = add_key(self.archive, "cms")
        command = [sys.executable, "-m", "tests.attack.server", str(self.archive), "0"]
        self.running = Running(self.archive, command=command)
        headers = {"authorization": f"Bearer {self.key}"}
        # None is kept: the service may close one that waits for its client, to make room, at any moment.
        fresh = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=self.running.url, headers=headers, timeout=60, limits=fresh)
        self.published: dict[str, dict[str, Any]] = {}
        self.withdrawn: set[str] = set()
        while not self.http.get("/ready").is_success:
            time.sleep(PAUSE)
        for number in range(STORIES):
            self.publish(story(f"page-{number}", day=number % 28 + 1))
        self.withdraw("page-3")

    def publish(self, one: dict[str, Any]) -> None:
        """Publish a story, and note it once that is acknowledged."""
        if self.http.post("/stories", json=one).is_success:
            self.published[one["id"]] = one

    def withdraw(self, id: str) -> None:
        """Withdraw a story, and note that once it is acknowledged."""
        if self.http.patch(f"/stories/{id}", json={"status": "retracted"}).is_success:
            self.withdrawn.add(id)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.running.url.rpartition(":")[2])

    def memory(self) -> int:
        """Return the kilobytes that it has to itself."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text("ascii")
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1])  # type: ignore[index]

    @contextmanager
    def under_attack(self) -> Iterator[None]:
        """Hold it to its promises while it is attacked, and afterwards."""
        with self._weighed() as memory, _watched(self.running.url, self.running.process.pid) as seen:
            yield
            time.sleep(AFTERWARDS)
        assert seen["failed"] == 0
        assert seen["longest"] < HEALTH_SECONDS, f"/health took {seen['longest']:.3f} s"
        before, most = memory
        assert most < MEMORY * before, f"{before:,} kB before, {most:,} kB meanwhile"
        self.holds()

    @contextmanager
    def _weighed(self) -> Iterator[list[int]]:
        """Look at the memory all the while; give what it was at first, and the most since."""
        memory, stop = [self.memory()] * 2, threading.Event()

        def look() -> None:
            while not stop.wait(PAUSE):
                with suppress(OSError, TypeError):  # it has ended
                    memory[1] = max(memory[1], self.memory())

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield memory
        finally:
            stop.set()
            thread.join()

    def holds(self) -> None:
        """Check that all that was acknowledged is so."""
        with httpx.Client(base_url=self.running.url, headers=self.http.headers, timeout=60) as http:
            for id, one in self.published.items():
                answer = http.get(f"/stories/{id}/related")
                if id in self.withdrawn:
                    assert answer.status_code == 410
                    continue
                shown = {slot["story"]["id"] for slot in answer.json()["slots"]}
                assert answer.status_code == 200
                assert shown.isdisjoint(self.withdrawn)
                again = http.post("/stories?dry_run=true", json=one).json()
                assert again["outcome"] == "unchanged", again

    def end(self) -> None:
        """End the process."""
        self.http.close()
        if self.running.process.poll() is None:
            self.running.kill()
