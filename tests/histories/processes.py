"""The processes of a history: services, and two that run the library and the command line.

Over a file two services, which share a directory; over a server three, and two workers, each a machine.
"""

from __future__ import annotations

import json
import os
import re
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
from tests.service.running import (
    LISTENING,
    ROOT,
    WORKING,
    Running,
    add_key,
    make_archive,
    make_directory,
)

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
    """Yield the doors of an empty archive; at the end, its services' logs may hold no story's words."""
    clock = FileClock.create(folder / "clock", START)
    with ExitStack() as stack:
        if catalog_url:
            stack.enter_context(patch.dict(os.environ, {"RELATED_CATALOG_URL": catalog_url}))
        archive = make_archive(folder / "archive", SETTINGS)
        key = add_key(archive, "cms")
        serving, working, typing = [archive] * 2, list[Path](), [archive] * 2
        if catalog_url:
            serving = [make_directory(folder / f"service{n}", SETTINGS + "works = false\n") for n in range(3)]
            working, typing = (
                [make_directory(folder / f"{name}{n}", SETTINGS) for n in range(2)]
                for name in ("worker", "desk")
            )

        def started(directory: Path, kind: str, says: re.Pattern[str]) -> Running:
            command = [sys.executable, "-m", DOOR, kind, str(directory), str(folder / "clock")]
            return stack.enter_context(Running(directory, command=command, says=says))

        running = [started(each, "service", LISTENING) for each in serving]
        workers = [started(each, "work", WORKING) for each in working]
        headers = {"authorization": f"Bearer {key}"}
        services = [
            stack.enter_context(httpx.Client(base_url=one.url, headers=headers, timeout=120))
            for one in running
        ]
        commands = [stack.enter_context(Commands(each, folder / "clock")) for each in typing]
        yield Doors(services, commands, clock)
        for line in (line for one in (*running, *workers) for line in one.lines):
            assert "Traceback" not in line, line
            assert '"level": "error"' not in line.lower(), line
            assert not TOKEN.search(line), line
