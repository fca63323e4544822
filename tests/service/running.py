"""Starts and stops real service processes, and keeps what they log."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.client import Client
from recommender.service.keys import Keyring, Right
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120.0
STOP_SECONDS = 40.0
LISTENING = re.compile(r"running on (http://127\.0\.0\.1:\d+)")
WORKING = re.compile(r'"event": ?"working"')  # as `related work` does


def make_archive(path: Path, settings: str = "") -> Path:
    """Make an empty archive with settings, as TOML."""
    make_directory(path, settings)
    Archive.create(path, embedder=HashEmbedder()).close()
    return path


def make_directory(path: Path, settings: str = "") -> Path:
    """Make what a machine has of an archive before it opens it: a directory with the settings."""
    path.mkdir(parents=True)
    (path / "related.toml").write_text(settings, "utf-8")
    (path / "related.toml").chmod(0o600)
    return path


def add_key(archive: Path, name: str, rights: Iterable[Right] = tuple(Right)) -> str:
    """Make a key as `related keys add` does."""
    with ArchivePlace.of(archive).open_catalog() as catalog:
        return Keyring(catalog).add(name, rights)


def related(*words: str | Path) -> list[str]:
    """Return a command line of the installed `related`, with the real model."""
    return [str(Path(sys.executable).with_name("related")), *map(str, words)]


def free_port() -> int:
    """Return a loopback port that nobody listened on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve_words(archive: Path) -> list[str]:
    """Return the command by which an operator starts the service, on a free port."""
    port = str(free_port())
    return related("serve", "--archive", archive, "--host", "127.0.0.1", "--port", port)


class Running:
    """One service process on a free loopback port. It ends with the block, whatever happens in it.

    Parameters
    ----------
    archive : Path
        What it serves.
    env : mapping, optional
        More of the environment.
    command : sequence of str, optional
        Starts it; a service with the hash embedder in the model's place by default.
    pass_fds : sequence of int, optional
        Open files that it is handed.
    says : re.Pattern, optional
        What it says once it has started; the first group is its address, where it has one.
    """

    def __init__(
        self,
        archive: Path,
        env: dict[str, str] | None = None,
        command: Sequence[str] | None = None,
        pass_fds: Sequence[int] = (),
        says: re.Pattern[str] = LISTENING,
    ) -> None:
        self.archive, self._says = archive, says
        self.lines: list[str] = []
        self._has_ended, self._has_started = threading.Event(), threading.Event()
        self.url = ""
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "tests.service.server", str(archive), "0"],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=pass_fds,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._has_started.wait(START_SECONDS) or self._has_ended.is_set():
            self.kill()
            raise RuntimeError("the service did not start:\n" + "\n".join(self.lines))

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.lines.append(line.rstrip("\n"))
            if found := self._says.search(line):
                self.url = found[1] if found.lastindex else ""
                self._has_started.set()
        self._has_ended.set()
        self._has_started.set()

    @property
    def log(self) -> list[dict[str, object]]:
        """The log's lines that are JSON objects."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]

    def client(self, key: str, **more: int) -> Client:
        """Return a client of this process."""
        return Client(self.url, key, **more)

    def stop(self) -> int:
        """Ask it to stop, wait for it, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def kill(self) -> None:
        """End it without a chance to do anything more."""
        self.process.kill()
        self._wait()

    def _wait(self) -> int:
        code = self.process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
