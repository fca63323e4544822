"""Blocks as files: one a story, or one for all. Written whole or not at all; what is stale goes.

Knows files and formats, and no server.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import msgspec

from index.storage.files import create, is_stream
from recommender.catalog.blocks import Blocks
from recommender.engine import templates
from recommender.errors import ExportError, QuestionError
from recommender.export.changes import Cursor, check_site, make_fresh, story_blocks
from recommender.export.formats import FORMATS, Format
from recommender.export.journal import Delivered, Journal
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.export.worklist import worklist
from recommender.newsroom import Newsroom
from recommender.newsroom.rebuild import Progress

JOURNAL = ".related-export"  # in the directory; generators of sites leave files of such names alone
STANDARD_OUTPUT = "-"
_LAYOUT = 1  # of what is written: raise it when a new version of this package writes something else
_TOGETHER = 128  # stories noted at once
_DIGEST = 12  # bytes
_ELSEWHERE = ""  # the place of a story of another site
_NAMED = 5  # files that an error names


@dataclass(slots=True, kw_only=True)
class ExportReport:
    """What an export did.

    Attributes
    ----------
    stories : int
        Whose blocks were looked at: all, or those that may have changed.
    written, unchanged, removed : int
        Files that were written, that were right already, and that were taken away.
    """

    stories: int = 0
    written: int = 0
    unchanged: int = 0
    removed: int = 0

    def counts(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Export:
    """An export of the blocks of a newsroom.

    Parameters
    ----------
    newsroom : Newsroom
    format : Format
    site : str
        Address of the site that it is for; stories of others are left out. Empty: all.
    k : int or None
        Slots at most; the setting `slots` by default.
    """

    newsroom: Newsroom
    format: Format
    site: str = ""
    k: int | None = None

    def run(
        self, to: str | Path, *, full: bool = False, limit: int | None = None, on_done: Progress | None = None
    ) -> ExportReport:
        """Write blocks as of now.

        Parameters
        ----------
        to : str or Path
            A directory, there already or ending in a slash: one file a story, from the second time on only
            those that changed. Else the one file for all; ``-`` is standard output.
        full : bool
            Look at every story, whatever was written before.
        limit : int, optional
            In one file: no more than so many stories, the newest.
        on_done : callable, optional
            Told how many more blocks were made.

        Raises
        ------
        QuestionError
            When the format has no such form, or no story is of the site.
        ExportError
            When the directory holds the export of another archive, or another process writes to it; or, after
            all else is written, when files that no export made are where some had to go. They are left alone.
        """
        is_directory = str(to).endswith(("/", os.sep)) or Path(to).is_dir()
        if not is_directory and self.format.all is None:
            both = ", ".join(name for name, each in FORMATS.items() if each.all)
            raise QuestionError(
                f"format {self.format.name} has one file a story: end --to in a slash; in one file: {both}"
            )
        make_fresh(self.newsroom, on_done)
        if is_directory:
            return self._to_directory(Path(to), full)
        return self._to_file(str(to), limit)

    @property
    def _site(self) -> Site:
        return replace(self.format.site, url=self.site)

    def _to_file(self, to: str, limit: int | None) -> ExportReport:
        report, site, write = ExportReport(), self._site, self.format.all
        check_site(self.newsroom, site)
        every = story_blocks(self.newsroom, self.newsroom.public_nums(), self.k)
        blocks = (one for one in every if site.covers(one.story))
        pieces = write(_counted(islice(blocks, limit), report), site) if write else iter(())
        if to == STANDARD_OUTPUT or is_stream(Path(to)):
            with nullcontext(sys.stdout.buffer) if to == STANDARD_OUTPUT else open(to, "wb") as file:
                file.writelines(piece.encode() for piece in pieces)
                file.flush()
            return report
        is_new = _replaced(Path(to).resolve(), pieces)  # a link stays, and leads to it
        report.written, report.unchanged = int(is_new), int(not is_new)
        return report

    def _to_directory(self, root: Path, full: bool) -> ExportReport:
        report = ExportReport()
        archive = self.newsroom.archive
        with Journal.open(root / JOURNAL, archive.id, self._recipe) as journal:
            if journal.is_new:  # else its stories may all have been deleted since
                check_site(self.newsroom, self._site)
            now, public = Cursor.now(self.newsroom), self.newsroom.public_nums()
            wanted = worklist(self.newsroom, journal, public, full=full)
            begun = journal.begin(now, anew=full)
            writer = _Writer(root, self.format.ending, self._site, journal, report)
            blocks = story_blocks(self.newsroom, [num for num in public if num in wanted], self.k)
            while some := list(islice(blocks, _TOGETHER)):
                writer.write({one.story.id: (one, self.format.write(one)) for one in some})
            seen = Blocks(archive.catalog).public(int(self.newsroom.engine.clock()))
            writer.remove(journal.held.keys() - set(seen))
            journal.finish(begun)
        writer.check()
        return report

    @property
    def _recipe(self) -> str:
        """What changes when every file may have to be written otherwise."""
        look = self.newsroom.engine.page_style
        parts = (_LAYOUT, self.format.name, self.site, self.k or self.newsroom.settings.slots, asdict(look))
        return _digest(msgspec.json.encode([*parts, templates.version(look)]))


class _Writer:
    """Writes the files of one directory, and notes them."""

    def __init__(self, root: Path, ending: str, site: Site, journal: Journal, report: ExportReport) -> None:
        self._root, self._ending, self._site = root, ending, site
        self._journal, self._report = journal, report
        # Some file systems take two names for one that differ by capitals.
        self._owners = {entry.place.casefold(): id for id, entry in journal.held.items() if entry.place}
        self._ours = set(self._owners)
        self._in_the_way: list[str] = []

    def write(self, blocks: Mapping[str, tuple[StoryBlock, str]]) -> None:
        """Write the files of some stories, by id."""
        places = {id: self._place(one) for id, (one, _) in blocks.items()}
        placed = {id: place for id, place in places.items() if self._is_free(place, blocks[id][1])}
        self.remove(id for id in blocks.keys() - placed.keys() if id in self._journal.held)
        held = {id: self._journal.held.get(id, Delivered(_ELSEWHERE)) for id in placed}
        # Noted first: a file that nobody knows of would never be taken away.
        self._journal.keep({id: Delivered(place) for id, place in placed.items() if place != held[id].place})
        done: dict[str, Delivered] = {}
        self._report.stories += len(blocks)
        for id, place in placed.items():
            text = blocks[id][1]
            digest = _digest(text.encode())
            if place:
                self._put(self._root / place, text, is_held=held[id] == (place, digest))
            if held[id].place and held[id].place != place:
                self._take(held[id].place)
            done[id] = Delivered(place, digest)
        self._journal.keep(done)

    def remove(self, ids: Iterable[str]) -> None:
        """Take away the files of stories that readers may not see any more."""
        gone = sorted(ids)
        for id in gone:
            if place := self._journal.held[id].place:
                self._take(place)
        self._journal.drop(gone)

    def _place(self, one: StoryBlock) -> str:
        """Return where a story's file is, from the root on; nowhere for one of another site."""
        if not self._site.covers(one.story):
            return _ELSEWHERE
        *folders, name = self._site.file(one.story).split("/")
        # No folder has the name of a file.
        parts = [f"{each}~" if each.endswith(self._ending) else each for each in folders]
        place = "/".join([*parts, name + self._ending])
        if self._owners.setdefault(place.casefold(), one.story.id) != one.story.id:
            place = "/".join([*parts, f"{name}~{_digest(one.story.id.encode())}{self._ending}"])
            self._owners[place.casefold()] = one.story.id
        return place

    def _is_free(self, place: str, text: str) -> bool:
        """Return whether a file may be written: none is there but ours, or one that says the same."""
        path = self._root / place
        is_theirs = place and place.casefold() not in self._ours and os.path.lexists(path)
        if is_theirs and not (path.is_file() and path.read_bytes() == text.encode()):
            self._in_the_way.append(str(path))
            return False
        self._ours.add(place.casefold())
        return True

    def check(self) -> None:
        """Raise `ExportError` where files that no export made were in the way."""
        if found := self._in_the_way:
            more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
            raise ExportError(
                f"no export made {', '.join(found[:_NAMED])}{more}: left as it was, and all else is written; "
                "move it away, or export to a directory of its own"
            )

    def _put(self, path: Path, text: str, *, is_held: bool) -> None:
        if is_held and path.is_file():
            self._report.unchanged += 1
            return
        if _replaced(path, [text]):
            self._report.written += 1
        else:
            self._report.unchanged += 1

    def _take(self, place: str) -> None:
        """Take a file away, and the folders that are empty then."""
        if self._owners.get(place.casefold()) is not None:
            del self._owners[place.casefold()]
        path = self._root / place
        if path.is_file() or path.is_symlink():
            path.unlink()
            self._report.removed += 1
        for folder in path.parents:
            if folder == self._root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def _replaced(path: Path, pieces: Iterable[str]) -> bool:
    """Write a file unless it says the same already; return whether it was written.

    What did not change keeps its time, so that who watches the directory has nothing to do.
    """
    with _beside(path) as (part, file):
        for piece in pieces:
            file.write(piece.encode())
        file.flush()
        if path.is_file() and _same(part, path):
            return False
        part.replace(path)
        return True


@contextmanager
def _beside(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}.part")
    try:
        with create(part) as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as left, other.open("rb") as right:
        return hashlib.file_digest(left, "blake2b").digest() == hashlib.file_digest(right, "blake2b").digest()


def _counted(blocks: Iterable[StoryBlock], report: ExportReport) -> Iterator[StoryBlock]:
    for one in blocks:
        report.stories += 1
        yield one


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_DIGEST).hexdigest()
