"""The processes of a history: two services, and two that run the library and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import httpx

from tests.histories.clock import FileClock
from tests.histories.model import TOKEN
from tests.service.running import ROOT, Running, add_key, make_archive, make_directory

START = 1_714_564_800.0  # noon of the first of May 2024
SETTINGS = """slots = 4
least_score = 0.0
diff_blocks = 3
diff_seconds = 5.0
[service]
open_reads = true
reads_per_second = 1000000
writes_per_second = 1000000
"""
DOOR = "tests.histories.door"
SERVICE = [sys.executable, "-m", DOOR, "service"]


class Commands:
    """A process that runs the library and the command line, one call at a time."""

    def __init__(self, archive: Path, clock: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", DOOR, "commands", str(archive), str(clock)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._archive = archive

    def __call__(self, name: str, *arguments: object) -> dict[str, Any]:
        """Call something there; return its answer, or the error that it raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the process ended at {name} {arguments}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, *words: object) -> dict[str, Any]:
        """Run a command of `related` there; return its exit code, what it printed and what it said."""
        answer: dict[str, Any] = self("run", [*map(str, words), "-a", str(self._archive)])["answer"]
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@dataclass(frozen=True)
class Doors:
    """All ways into one archive.

    Attributes
    ----------
    services : sequence of httpx.Client
        With a key that has all rights.
    commands : sequence of Commands
    clock : FileClock
        That of all processes.
    """

    services: Sequence[httpx.Client]
    commands: Sequence[Commands]
    clock: FileClock


@contextmanager
def all_doors(folder: Path, catalog_url: str = "") -> Iterator[Doors]:
    """Yield the doors of an empty archive; at the end, its services' logs may hold no story's words.

    They share a directory; where the catalog is on a server, each is a machine with a directory of its own.
    """
    clock = FileClock.create(folder / "clock", START)
    with ExitStack() as stack:
        if catalog_url:
            stack.enter_context(patch.dict(os.environ, {"RELATED_CATALOG_URL": catalog_url}))
        archives = [make_archive(folder / "archive", SETTINGS)] * 4
        key = add_key(archives[0], "cms")
        if catalog_url:
            archives[1:] = [make_directory(folder / f"machine{n}", SETTINGS) for n in range(2, 5)]
        running = [
            stack.enter_context(Running(archive, command=[*SERVICE, str(archive), str(folder / "clock")]))
            for archive in archives[:2]
        ]
        headers = {"authorization": f"Bearer {key}"}
        services = [
            stack.enter_context(httpx.Client(base_url=one.url, headers=headers, timeout=120))
            for one in running
        ]
        commands = [stack.enter_context(Commands(archive, folder / "clock")) for archive in archives[2:]]
        yield Doors(services, commands, clock)
        for line in (line for one in running for line in one.lines):
            assert "Traceback" not in line, line
            assert '"level": "error"' not in line.lower(), line
            assert not TOKEN.search(line), line
