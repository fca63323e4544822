"""What was delivered to a place, and as of when: the next run goes on from there.

A file of JSON lines, appended to while a run goes on and written anew at its end: a run that is stopped has
lost nothing. Knows stories by their ids, and nothing of files or servers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import msgspec
from filelock import FileLock, Timeout

from index.storage.files import create
from recommender.errors import ExportError
from recommender.export.changes import Cursor

FORMAT = 1
_HEAD, _BEGUN, _DONE, _GONE = "related", "begun", "done", "gone"


class Delivered(NamedTuple):
    """Where a story's block was put, and a digest of what; no digest where that is not known for sure."""

    place: str
    digest: str = ""


class Journal:
    """The record of one place. Use `Journal.open`; one process at a time.

    Attributes
    ----------
    held : dict of str to Delivered
        What was delivered, by the story's id.
    since : Cursor or None
        As of when all of it is right; None: of no moment.
    begun : Cursor or None
        When the run began that was stopped, if one was.
    done : set of str
        The stories that it had come to.
    """

    def __init__(self, path: Path, archive: str, recipe: str) -> None:
        self._path, self._archive, self._recipe = path, archive, recipe
        self.held: dict[str, Delivered] = {}
        self.since: Cursor | None = None
        self.begun: Cursor | None = None
        self.done: set[str] = set()
        self._file: BinaryIO | None = None

    @classmethod
    @contextmanager
    def open(cls, path: Path, archive: str, recipe: str, *, read_only: bool = False) -> Iterator[Self]:
        """Yield the record of a place.

        Parameters
        ----------
        path : Path
            The file.
        archive : str
            The id of the archive that is delivered.
        recipe : str
            What changes when everything has to be delivered anew.
        read_only : bool
            Nothing is to be noted.

        Raises
        ------
        ExportError
            When another process is at it, or it is of another archive.
        """
        if read_only:
            journal = cls(path, archive, recipe)
            journal._load()
            yield journal
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path.with_name(f"{path.name}.lock"), timeout=0):
                journal = cls(path, archive, recipe)
                if journal._load():
                    journal._rewrite()
                yield journal
                journal._close()
        except Timeout as error:
            raise ExportError(f"{path.parent}: another export is at work there; wait for it") from error

    @property
    def is_new(self) -> bool:
        """Whether no run of this recipe has begun here."""
        return self.since is None and self.begun is None

    def begin(self, now: Cursor, *, anew: bool = False) -> Cursor:
        """Note that a run begins, and return as of when it will be right.

        With `anew`, one that was stopped is forgotten.
        """
        if self.begun is None or anew:
            self.begun, self.done = now, set()
            self._append([_BEGUN, *now])
        return self.begun

    def keep(self, entries: Mapping[str, Delivered]) -> None:
        """Note where stories' blocks are put; before that, without a digest, so that none is forgotten."""
        self.held |= entries
        self.done |= {id for id, entry in entries.items() if entry.digest}
        self._append(*([_DONE, id, *entry] for id, entry in entries.items()))

    def settled(self) -> list[str]:
        """Return the ids of the stories of which it is known what was delivered."""
        return [id for id, entry in self.held.items() if entry.digest]

    def drop(self, ids: Iterable[str]) -> None:
        """Note that stories' blocks were taken back."""
        gone = [id for id in ids if self.held.pop(id, None)]
        self._append(*([_GONE, id] for id in gone))

    def finish(self, now: Cursor) -> None:
        """Note that all is right as of `now`, and write the record anew."""
        self.since, self.begun, self.done = now, None, set()
        self._rewrite()

    def _rewrite(self) -> None:
        self._close()
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            with create(part) as file:
                file.write(_line(self._head()))
                file.writelines(_line([_DONE, id, *entry]) for id, entry in self.held.items())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)

    def _head(self) -> list[object]:
        return [_HEAD, FORMAT, self._archive, self._recipe, self.since]

    def _append(self, *rows: Sequence[object]) -> None:
        if self._file is None:
            if not self._path.exists():
                self._rewrite()
            self._file = self._path.open("ab")
        self._file.writelines(map(_line, rows))
        self._file.flush()

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _load(self) -> bool:
        """Read the file; return whether it has to be written anew before anything is added to it."""
        if not self._path.exists():
            return False
        head, *lines = self._path.read_bytes().split(b"\n")
        match _decoded(head):
            case ["related", int(version), self._archive, str(recipe), since] if version == FORMAT:
                self.since = msgspec.convert(since, Cursor | None)
            case _:
                problem = f"{self._path} is of another archive or version"
                raise ExportError(f"{problem}; choose another place, or delete that file")
        for line in lines:
            self._read(_decoded(line))
        if recipe != self._recipe:  # all is written anew, and known, to be taken back
            self.since, self.begun, self.done = None, None, set()
            self.held = {id: Delivered(entry.place) for id, entry in self.held.items()}
        return recipe != self._recipe or lines[-1:] != [b""]  # the last line is torn

    def _read(self, row: object) -> None:
        match row:
            case ["begun", int(block), int(story)]:
                self.begun, self.done = Cursor(block, story), set()
            case ["done", str(id), str(place), str(digest)]:
                self.held[id] = Delivered(place, digest)
                if self.begun and digest:
                    self.done.add(id)
            case ["gone", str(id)]:
                self.held.pop(id, None)


def _line(row: object) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def _decoded(line: bytes) -> object:
    """Return what a line says; None for one that was torn as a run was killed: that is delivered again."""
    try:
        return msgspec.json.decode(line)
    except msgspec.MsgspecError:
        return None
