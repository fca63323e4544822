"""What is known of the weights that an archive has learned: versions, attempts, how they do. No files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from recommender.archive import click_appeals
from recommender.story.timestamps import format_time

GROWTH = 1.2
"""So many times the links must have become before weights that were given up, or did not win, are learned
again: a fifth more teaches something, and a hundredth more would only try its luck once more."""

SHIPPED = 0  # the number of the version that stands for no weights of its own


class Version(msgspec.Struct, frozen=True):
    """Weights that were in use once.

    Attributes
    ----------
    number : int
        From 1.
    before : int
        What was in use before them; 0 stands for the shipped weights.
    made : str
        When, RFC 3339.
    links : int
        How many links to earlier stories the archive held then.
    newest : int
        When the newest story that they were learned from was published, epoch seconds.
    text : str
        The file.
    """

    number: int
    before: int
    made: str
    links: int
    newest: int
    text: str


class Attempt(msgspec.Struct, frozen=True):
    """The last time that weights were learned: when, from how many links and ratings, and what came of it."""

    made: str
    links: int
    won: bool
    figures: dict[str, Any]
    rated: int = 0


class Guard(msgspec.Struct, frozen=True):
    """What the stories that came after the weights say of them; see `evaluation.guard`.

    Attributes
    ----------
    bets : tuple of float
        Logarithm of what each bet against the weights has become.
    questions : int
        Stories with links that were asked.
    gained : float
        Sum of their differences of nDCG@5.
    newest : int
        When the newest of them was published, epoch seconds.
    """

    bets: tuple[float, ...] = ()
    questions: int = 0
    gained: float = 0.0
    newest: int = 0


class Journal(msgspec.Struct, frozen=True):
    """All that is known of an archive's own weights.

    Attributes
    ----------
    versions : tuple of Version
        The oldest first.
    current : int
        Number of the one in use; 0 where that is the shipped one.
    learned_at : int
        From so many links on weights are learned next; 0 where that was never tried.
    attempt : Attempt or None
        The last one.
    guard : Guard
        Of the weights in use.
    left : str
        Why the archive went back to what is in use; empty where it did not.
    """

    versions: tuple[Version, ...] = ()
    current: int = SHIPPED
    learned_at: int = 0
    attempt: Attempt | None = None
    guard: Guard = Guard()
    left: str = ""

    def version(self, number: int) -> Version | None:
        """Return a version that is kept."""
        return next((each for each in self.versions if each.number == number), None)

    @property
    def in_use(self) -> Version | None:
        """The version in use; None where that is the shipped one."""
        return self.version(self.current)

    def next_number(self) -> int:
        """Return the number of the next version."""
        return max((each.number for each in self.versions), default=SHIPPED) + 1


def told(journal: Journal, links: int) -> dict[str, object]:
    """Return what an operator wants to know of them, where the archive has ``links`` to learn from.

    What clicks do to the ranking is added as ``clicks`` where they may do anything; see `click_appeals`.
    """
    from recommender.ranking.training import LEAST_LINKS  # for who looks at what was learned

    held, attempt, guard = journal.in_use, journal.attempt, journal.guard
    return {
        "version": journal.current,
        "made": held.made if held else "",
        "from_links": held.links if held else 0,
        "new_links": links - (held.links if held else 0),
        "next_at_links": max(LEAST_LINKS, journal.learned_at),
        "newer_stories": guard.questions if held else 0,
        "gain_on_newer_stories": round(guard.gained / guard.questions, 4)
        if held and guard.questions
        else None,
        "last_attempt": msgspec.to_builtins(attempt) if attempt else None,
        "went_back": journal.left,
        "kept": [each.number for each in journal.versions],
    }


def in_words(told: Mapping[str, Any]) -> str:
    """Return the same in a line."""
    if told["version"]:
        words = f"version {told['version']} of {told['made']}, from {told['from_links']:,} links"
    else:
        words = "the shipped weights"
    words += f"; {told['new_links']:,} links since" if told["version"] else f"; {told['new_links']:,} links"
    if told["newer_stories"]:
        words += f"; {told['gain_on_newer_stories']:+.3f} nDCG@5 on {told['newer_stories']:,} newer stories"
    if told["last_attempt"]:
        last = told["last_attempt"]
        words += f"; tried {last['made']}: {'won' if last['won'] else 'did not win'}"
    words += f"; tried next from {told['next_at_links']:,} links on"
    words += f"; went back: {told['went_back']}" if told["went_back"] else ""
    return words + (f". {click_appeals.in_words(told['clicks'])}" if "clicks" in told else "")


def later(links: int) -> int:
    """Return from how many links on weights are learned again."""
    return int(links * GROWTH) + 1


def now() -> str:
    """Return the present moment, RFC 3339."""
    return format_time(datetime.now(UTC).replace(microsecond=0))
