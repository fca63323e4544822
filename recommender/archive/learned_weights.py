"""The weights that an archive has learned: all versions with where they come from, and which one is in use.

The one in use stands in a file of its own, which every process with the archive open follows; the others
are in the catalog, so that a backup has them. Where the catalog is on a server, each machine has such a file,
and it follows the catalog. Knows nothing of how weights are learned.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from index.storage.file_checks import read
from index.storage.files import replacing
from recommender.archive.weights_journal import SHIPPED, Attempt, Guard, Journal, Version, later, now
from recommender.errors import ArchiveError, RankerError
from recommender.ranking.weights import ARCHIVE_FILE, Ranker, parse

if TYPE_CHECKING:
    from recommender.archive.archive import Archive

log = logging.getLogger(__name__)

KEPT = 10
"""So many versions are kept, the newest: each is some 5 kB."""

LOOK_SECONDS = 5.0  # between looks whether another machine has put others in use

_KEY = "learned_weights"


class LearnedWeights:
    """The learned weights of one archive. Any process may change them; each change is one transaction.

    Parameters
    ----------
    archive : Archive
        Its directory has the file, its catalog the versions.
    """

    def __init__(self, archive: Archive) -> None:
        self._file, self._catalog = archive.path / ARCHIVE_FILE, archive.catalog
        self._is_shared = archive.place.server is not None

    def journal(self) -> Journal:
        """Return what is known, as the file in use has it; of a catalog on a server as that has it."""
        return self._as_in_use(_parsed(self._catalog.setting(_KEY)))

    def take(self, ranker: Ranker, attempt: Attempt, newest: int, begun: Journal) -> bool:
        """Put weights in use that won, unless others were put in use since ``begun``; return whether."""
        number = begun.next_number()

        def taken(journal: Journal) -> Journal:
            if (journal.current, journal.next_number()) != (begun.current, number):
                return journal
            text = ranker.to_json()
            version = Version(number, journal.current, attempt.made, attempt.links, newest, text)
            self._write(text)
            guard = journal.guard if journal.current else Guard()
            return msgspec.structs.replace(
                journal,
                versions=(*journal.versions, version)[-KEPT:],
                current=number,
                learned_at=later(attempt.links),
                attempt=attempt,
                guard=msgspec.structs.replace(guard, newest=max(guard.newest, newest)),
                left="",
            )

        return self._change(taken).current == number

    def lost(self, attempt: Attempt) -> Journal:
        """Note an attempt that did not win."""
        return self._change(
            lambda held: msgspec.structs.replace(held, attempt=attempt, learned_at=later(attempt.links))
        )

    def guarded(self, guard: Guard, of: int) -> Journal:
        """Note what the newest stories say of the version with the number ``of``."""
        return self._change(
            lambda held: msgspec.structs.replace(held, guard=guard) if held.current == of else held
        )

    def go_back(self, links: int, why: str, *, of: int | None = None, to: int | None = None) -> Journal:
        """Put in use what was before, and learn none before there are a fifth more than ``links`` links.

        Parameters
        ----------
        links : int
            That the archive has to learn from now.
        why : str
            For who asks later.
        of : int, optional
            Go back from this version only: where another one is in use by now, nothing is done.
        to : int, optional
            To this version; to the one before by default.

        Raises
        ------
        RankerError
            When the shipped weights are in use already.
        """

        def back(journal: Journal) -> Journal:
            held = journal.in_use
            if of is not None and of != journal.current:
                return journal
            if held is None:
                raise RankerError("the shipped weights are in use: there is nothing to undo")
            number = held.before if to is None else to
            before = journal.version(number)
            self._write(before.text if before else None)
            return msgspec.structs.replace(
                journal,
                current=before.number if before else SHIPPED,
                learned_at=later(links),
                guard=Guard(newest=journal.guard.newest),
                left=why,
            )

        return self._change(back)

    def follow(self) -> None:
        """Let the file hold what the catalog has in use; it stays as it is while nothing was learned.

        Raises
        ------
        RankerError
            When a newer version of this package learned them, or the file cannot be written.
        """
        journal = _parsed(self._catalog.setting(_KEY))
        text = journal.in_use.text if journal.in_use else None
        if not journal.versions or text == self._text():
            return
        if text is not None:
            parse(text, f"version {journal.current} of the archive's weights")
        self._write(text)

    def _change(self, change: Callable[[Journal], Journal]) -> Journal:
        return _parsed(
            self._catalog.change_setting(
                _KEY, lambda held: msgspec.to_builtins(change(self._as_in_use(_parsed(held))))
            )
        )

    def _as_in_use(self, journal: Journal) -> Journal:
        """Return the journal as the file has it, which an operator may have put there or taken away."""
        if self._is_shared and journal.versions:
            return journal
        text, held = self._text(), journal.in_use
        if text == (held.text if held else None):
            return journal
        if text is None:
            return msgspec.structs.replace(journal, current=SHIPPED, guard=Guard())
        known = next((each.number for each in journal.versions if each.text == text), None)
        if known is not None:
            return msgspec.structs.replace(journal, current=known, guard=Guard())
        found = Version(journal.next_number(), journal.current, now(), *_taught(text), text)
        return msgspec.structs.replace(
            journal, versions=(*journal.versions, found)[-KEPT:], current=found.number, guard=Guard()
        )

    def _text(self) -> str | None:
        try:
            return read(self._file).decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RankerError(f"{self._file}: {error.strerror}; check what stands there") from error

    def _write(self, text: str | None) -> None:
        try:
            if text is None:
                self._file.unlink(missing_ok=True)
                return
            with replacing(self._file) as file:
                file.write(text.encode())
        except OSError as error:
            raise RankerError(
                f"{self._file}: {error.strerror}; make room, or the directory writable"
            ) from error


class WeightsFollower:
    """Looks now and then whether another machine has put weights in use, and puts them in this one's file."""

    def __init__(self, archive: Archive) -> None:
        self._learned, self._catalog, self._seen = LearnedWeights(archive), archive.catalog, -1
        self._looks_at = 0.0 if archive.place.server else math.inf  # beside a catalog in a file there is none

    def __call__(self) -> None:
        """Look, if it is time; what fails leaves the file as it is."""
        if time.monotonic() < self._looks_at:
            return
        self._looks_at = time.monotonic() + LOOK_SECONDS
        try:
            version = self._catalog.version()
            if version != self._seen:
                self._learned.follow()
                self._seen = version
        except (ArchiveError, RankerError) as error:
            log.warning("%s; the ranking stays as it is", error)


def _parsed(value: object) -> Journal:
    try:
        return msgspec.convert(value, Journal) if value else Journal()
    except msgspec.ValidationError:
        return Journal()  # of another version of this package: what is in use stands in its own file


def _taught(text: str) -> tuple[int, int]:
    """Return from how many links a file that was found says it was learned; of which stories is not known."""
    try:
        links = parse(text, ARCHIVE_FILE).provenance.get("links")
    except RankerError:
        return 0, 0
    return links if isinstance(links, int) else 0, 0
