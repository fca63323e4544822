"""A directory on disk that always holds one whole generation of files, whatever is killed when.

A generation is written to a fresh directory and made durable; then one manifest is renamed into place; then
what no manifest refers to is deleted. Knows nothing of what the files hold.
"""

from __future__ import annotations

import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from index.storage.background import Check
from index.storage.errors import (
    SnapshotBusy,
    SnapshotCorrupt,
    SnapshotForeign,
    SnapshotLinked,
    SnapshotMissing,
    SnapshotVersion,
)
from index.storage.files import replacing, sync

T = TypeVar("T")

MANIFEST = "MANIFEST.json"
MAGIC = "related-stories snapshot"
FORMAT = 1
_LOCK = "writer.lock"
_GENERATION = re.compile(r"generation-(\d{8,})")
_BLOCK = 1 << 20
_VERIFIED_AT_OPEN = 16 << 20
"""Files up to so many bytes are read through at opening (16 MB: 5 ms, and there are dozens of files)."""
_RETRIES = 5
"""How often a reader starts anew because a writer has replaced the generation under it."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One whole set of files: where it is, its number (from 1, rising) and what its writer noted."""

    path: Path
    number: int
    meta: dict[str, Any] = field(default_factory=dict)


class Snapshots:
    """The generations of one directory.

    Parameters
    ----------
    directory : Path
        Made at the first commit.
    patience : float
        Seconds that a second writer waits for the first before `SnapshotBusy`.
    """

    def __init__(self, directory: Path, patience: float = 10.0) -> None:
        self.directory = directory
        self._patience = patience

    def commit(self, write: Callable[[Path], None], meta: dict[str, Any] | None = None) -> Generation:
        """Make a new generation and return it once it is durable.

        Parameters
        ----------
        write : callable
            Writes all files below the empty directory that it is given. It may hard-link files of the latest
            generation there. When it raises, the latest generation stays as it is.
        meta : dict
            Anything JSON can hold, given back by `latest`.

        Raises
        ------
        SnapshotBusy
            When another process is writing.
        SnapshotLinked
            When the directory is a symbolic link.
        OSError
            When the disk is full or not writable, or the directory's parent is not there.
        """
        self._own()
        self.directory.mkdir(exist_ok=True)  # where its parent was moved, none is made in its place
        with self._writer():
            before = self._read_or_none()
            self._prune(before)
            number = 1 + max((before or {"generation": 0})["generation"], self._highest())
            path = self._path(number)
            path.mkdir()
            try:
                write(path)
                files = _describe(path, self._checksums(before))
                _sync_tree(path)
                body = {"generation": number, "meta": meta or {}, "files": files}
                with replacing(self.directory / MANIFEST) as file:
                    file.write(_sealed(body))
            except BaseException:
                shutil.rmtree(path, ignore_errors=True)
                raise
            self._prune(body)
        return Generation(path, number, dict(body["meta"]))

    def latest(self, *, full: bool = False) -> Generation:
        """Return the latest generation after checking its files; ``full`` also reads the large ones through.

        Raises
        ------
        SnapshotMissing, SnapshotCorrupt, SnapshotForeign, SnapshotVersion
            Nothing was committed; a file is missing, short or altered; not ours; made by a newer version.
        """
        return self.load(lambda generation: generation, full=full)

    def load(self, read: Callable[[Generation], T], *, full: bool = False) -> T:
        """Return ``read(latest generation)``, anew when a writer replaced the generation meanwhile.

        Files that ``read`` has mapped or open stay readable after a later commit has deleted them.
        """
        for _ in range(_RETRIES):
            body = self._read()
            try:
                self._verify(body, full)
                return read(Generation(self._path(body["generation"]), body["generation"], body["meta"]))
            except (SnapshotCorrupt, SnapshotMissing, FileNotFoundError):
                if self._read()["generation"] == body["generation"]:
                    raise
        raise SnapshotBusy(f"{self.directory} is replaced faster than it can be read; try again")

    @contextmanager
    def _writer(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # brings asyncio with it, for which no reader need wait

        lock = FileLock(self.directory / _LOCK, timeout=self._patience)
        try:
            lock.acquire()
        except Timeout as error:
            text = f"another process is writing {self.directory}; try again when it has finished"
            raise SnapshotBusy(text) from error
        try:
            yield
        finally:
            lock.release()

    def audit(self, generation: int, check: Check) -> None:
        """Read through the large files of the latest generation, if it is this one still.

        Parameters
        ----------
        generation : int
            Its number.
        check : callable
            Called between pieces of the work; what it raises ends the work.

        Raises
        ------
        SnapshotCorrupt
            When one of them was altered.
        """
        body = self._read()
        root = self._path(generation)
        for name, known in body["files"].items() if body["generation"] == generation else ():
            if known["size"] <= _VERIFIED_AT_OPEN:
                continue
            with suppress(FileNotFoundError):  # a later generation has replaced it
                if _crc32(root / name, check) != known["crc32"]:
                    raise SnapshotCorrupt(f"{root / name} has been altered: its checksum is wrong")

    def _own(self) -> None:
        """Raise `SnapshotLinked` where the directory is a link."""
        if self.directory.is_symlink():
            raise SnapshotLinked(
                f"{self.directory} is a symbolic link; make it a directory of this disk, or mount one"
            )

    def _read(self) -> dict[str, Any]:
        self._own()
        path = self.directory / MANIFEST
        try:
            return _unsealed(path, path.read_bytes())
        except FileNotFoundError as error:
            raise SnapshotMissing(f"no snapshot in {self.directory}") from error

    def _read_or_none(self) -> dict[str, Any] | None:
        try:
            return self._read()
        except (SnapshotMissing, SnapshotCorrupt):
            return None  # the writer is about to replace it

    def _verify(self, body: dict[str, Any], full: bool) -> None:
        root = self._path(body["generation"])

        def verify(name: str, known: dict[str, int]) -> None:
            path = root / name
            try:
                size = path.stat().st_size
                if size != known["size"]:
                    raise SnapshotCorrupt(f"{path} has {size} bytes instead of {known['size']}")
                if (full or size <= _VERIFIED_AT_OPEN) and _crc32(path) != known["crc32"]:
                    raise SnapshotCorrupt(f"{path} has been altered: its checksum is wrong")
            except FileNotFoundError as error:
                raise SnapshotCorrupt(f"{path} is missing") from error

        with ThreadPoolExecutor() as threads:  # reading and summing up need no interpreter
            for _ in threads.map(verify, body["files"].keys(), body["files"].values()):
                pass  # the first that is wrong is raised here

    def _checksums(self, before: dict[str, Any] | None) -> dict[tuple[int, int], int]:
        """Return the previous checksums by inode and size: files that are linked are not read again."""
        known: dict[tuple[int, int], int] = {}
        for name, entry in (before or {"files": {}})["files"].items():
            try:
                status = (self._path(before["generation"]) / name).stat() if before else None
            except FileNotFoundError:
                continue
            if status and status.st_size == entry["size"]:
                known[status.st_ino, status.st_size] = entry["crc32"]
        return known

    def _path(self, number: int) -> Path:
        return self.directory / f"generation-{number:08d}"

    def _generations(self) -> Iterator[tuple[int, Path]]:
        for path in self.directory.iterdir():
            # A link is none of ours, and what it leads to is not pruned.
            if (match := _GENERATION.fullmatch(path.name)) and not path.is_symlink():
                yield int(match[1]), path

    def _highest(self) -> int:
        return max((number for number, _ in self._generations()), default=0)

    def _prune(self, kept: dict[str, Any] | None) -> None:
        """Delete every generation but ``kept``: what is left of killed writers, and what was replaced."""
        for number, path in list(self._generations()):
            if kept is None or number != kept["generation"]:
                shutil.rmtree(path, ignore_errors=True)


def _describe(root: Path, known: dict[tuple[int, int], int]) -> dict[str, dict[str, int]]:
    files = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            status = path.stat()
            crc = known.get((status.st_ino, status.st_size))
            entry = {"size": status.st_size, "crc32": _crc32(path) if crc is None else crc}
            files[path.relative_to(root).as_posix()] = entry
    return files


def _crc32(path: Path, check: Check = lambda: None) -> int:
    crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            crc = zlib.crc32(block, crc)
            check()
    return crc


def _sync_tree(root: Path) -> None:
    """Make every file and name below ``root`` durable, deepest first; then ``root`` and its own name."""
    for path in sorted(root.rglob("*"), reverse=True):
        sync(path)
    sync(root)
    sync(root.parent)


def _sealed(body: dict[str, Any]) -> bytes:
    crc = zlib.crc32(_canonical(body))
    text = json.dumps({"magic": MAGIC, "format": FORMAT, "crc32": crc, "body": body}, indent=1)
    return text.encode()


def _unsealed(path: Path, content: bytes) -> dict[str, Any]:
    try:
        sealed = json.loads(content)
    except ValueError as error:
        raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
    if not isinstance(sealed, dict) or sealed.get("magic") != MAGIC:
        raise SnapshotForeign(f"{path} was not written by this package")
    version = sealed.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise SnapshotVersion(f"{path} has format {version}; this version reads up to {FORMAT}")
    body = sealed.get("body")
    if not isinstance(body, dict) or zlib.crc32(_canonical(body)) != sealed.get("crc32"):
        raise SnapshotCorrupt(f"{path} has been altered: its checksum is wrong")
    return body


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
