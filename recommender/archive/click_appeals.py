"""What an archive has learned from readers' clicks: its versions, and the one in use as of now.

All stands in the catalog, so that a backup and other machines have it. Knows not how it is learned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from recommender.catalog import Catalog
from recommender.errors import RankerError
from recommender.ranking.appeal import Appeal
from recommender.settings import Settings

KEPT = 3  # versions, the newest
MOST_STORIES = 2_000
"""So many stories a version moves at most, those with most to move: all is read after each commit."""

NOTHING = 0  # the number of the version that moves no story
EVERY = 7
"""Days from one attempt to the next: all blocks are made anew after one that wins."""

AFTER_UNDO = 28
"""Days for which an undo holds: by then all clicks that are looked at are new."""

_KEY = "click_appeal"


class AppealVersion(msgspec.Struct, frozen=True):
    """What was in use once.

    Attributes
    ----------
    number : int
        From 1.
    before : int
        What was in use before it; 0 stands for nothing.
    made : str
        When, RFC 3339.
    strength : float
        How far the appeal counts, 0 to 1.
    appeal : dict of str to float
        By the num of a story: the logarithm of how many times as often it is clicked as others would be
        at its places.
    """

    number: int
    before: int
    made: str
    strength: float
    appeal: dict[str, float]


class ClickAttempt(msgspec.Struct, frozen=True):
    """The last time that clicks were learned from.

    Attributes
    ----------
    made : str
        When, RFC 3339.
    clicks : int
        How many there were.
    won : bool
        Whether the newest were foretold better than by their places alone, beyond chance.
    strength : float
        The one that was tried.
    gain : float
        By how much the logarithm of the probability of one of the newest clicks rose.
    problem : str
        Why nothing was tried; empty where it was.
    """

    made: str
    clicks: int
    won: bool = False
    strength: float = 0.0
    gain: float = 0.0
    problem: str = ""


class ClickJournal(msgspec.Struct, frozen=True):
    """All that is known of what clicks do to the ranking.

    Attributes
    ----------
    versions : tuple of AppealVersion
        The oldest first.
    current : int
        Number of the one in use; 0 where clicks move nothing.
    made : int
        Number of the newest version there ever was.
    next_day : str
        When they are learned from next, ISO 8601; empty: at once.
    attempt : ClickAttempt or None
        The last one.
    left : str
        Why the archive went back to what is in use; empty where it did not.
    """

    versions: tuple[AppealVersion, ...] = ()
    current: int = NOTHING
    made: int = 0
    next_day: str = ""
    attempt: ClickAttempt | None = None
    left: str = ""

    def version(self, number: int) -> AppealVersion | None:
        """Return a version that is kept."""
        return next((each for each in self.versions if each.number == number), None)

    @property
    def in_use(self) -> AppealVersion | None:
        """The version in use; None where clicks move nothing."""
        return self.version(self.current)


class ClickAppeals:
    """The journal of one archive. Any process may change it; each change is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def journal(self) -> ClickJournal:
        """Return what is known."""
        return _parsed(self._catalog.setting(_KEY))

    def take(self, attempt: ClickAttempt, appeal: Mapping[int, float], today: date) -> ClickJournal:
        """Put in use what won."""
        strongest = sorted(appeal, key=lambda num: (-abs(appeal[num]), num))[:MOST_STORIES]
        kept = {str(num): round(appeal[num], 3) for num in strongest}

        def taken(held: ClickJournal) -> ClickJournal:
            version = AppealVersion(held.made + 1, held.current, attempt.made, attempt.strength, kept)
            return msgspec.structs.replace(
                held,
                versions=(*held.versions, version)[-KEPT:],
                current=version.number,
                made=version.number,
                next_day=_later(today, EVERY),
                attempt=attempt,
                left="",
            )

        return self._change(taken)

    def lost(self, attempt: ClickAttempt, today: date) -> ClickJournal:
        """Note an attempt that did not win: from now on clicks move nothing."""

        def given_up(held: ClickJournal) -> ClickJournal:
            left = (attempt.problem or "it did not win again") if held.current else held.left
            days = 1 if attempt.problem else EVERY  # what was not looked at may be tomorrow
            return msgspec.structs.replace(
                held, current=NOTHING, attempt=attempt, next_day=_later(today, days), left=left
            )

        return self._change(given_up)

    def go_back(self, today: date, why: str) -> ClickJournal:
        """Put in use what was before, and learn nothing for four weeks.

        Raises
        ------
        RankerError
            When clicks move nothing already.
        """

        def back(held: ClickJournal) -> ClickJournal:
            if held.in_use is None:
                raise RankerError("clicks do not count in the ranking: there is nothing to undo")
            before = held.version(held.in_use.before)
            return msgspec.structs.replace(
                held,
                current=before.number if before else NOTHING,
                next_day=_later(today, AFTER_UNDO),
                left=why,
            )

        return self._change(back)

    def _change(self, change: Callable[[ClickJournal], ClickJournal]) -> ClickJournal:
        return _parsed(
            self._catalog.change_setting(_KEY, lambda held: msgspec.to_builtins(change(_parsed(held))))
        )


class LiveAppeal:
    """What is in use as of now, whichever process put it there. Threads share one."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._appeals = catalog, ClickAppeals(catalog)
        self._held: tuple[int, int, Appeal | None] = (-1, NOTHING, None)  # as of when, its number, itself

    def current(self) -> Appeal | None:
        """Return it, the same object while it is the same; None where clicks move nothing.

        Microseconds while nothing was committed.
        """
        version, held = self._catalog.version(), self._held
        if version == held[0]:
            return held[2]
        found = self._appeals.journal().in_use
        if found is None:
            self._held = version, NOTHING, None
        elif found.number == held[1]:
            self._held = version, found.number, held[2]
        else:
            lifts = {int(num): found.strength * value for num, value in found.appeal.items()}
            self._held = version, found.number, Appeal(lifts)
        return self._held[2]


def told(journal: ClickJournal) -> dict[str, object]:
    """Return what an operator wants to know."""
    held = journal.in_use
    return {
        "version": journal.current,
        "made": held.made if held else "",
        "strength": held.strength if held else 0.0,
        "moved_stories": len(held.appeal) if held else 0,
        "next_day": journal.next_day,
        "last_attempt": msgspec.to_builtins(journal.attempt) if journal.attempt else None,
        "went_back": journal.left,
        "kept": [each.number for each in journal.versions],
    }


def where_on(catalog: Catalog, settings: Settings) -> dict[str, object]:
    """Return the same as ``clicks``, where clicks may count; else nothing, and nothing is read."""
    return {"clicks": told(ClickAppeals(catalog).journal())} if settings.learn_clicks else {}


def in_words(told: Mapping[str, Any]) -> str:
    """Return the same in a line."""
    words = "clicks do not count yet"
    if told["version"]:
        moved = f"{told['moved_stories']:,} stories are moved, strength {told['strength']:g}"
        words = f"clicks count: version {told['version']} of {told['made']}, {moved}"
    if last := told["last_attempt"]:
        result = f"{'won' if last['won'] else 'did not win'}, {last['gain']:+.4f} a click"
        words += f"; tried {last['made']} on {last['clicks']:,} clicks: {last['problem'] or result}"
    if told["next_day"]:
        words += f"; tried next on {told['next_day']}"
    return words + (f"; went back: {told['went_back']}" if told["went_back"] else "")


def _later(today: date, days: int) -> str:
    return (today + timedelta(days)).isoformat()


def _parsed(value: object) -> ClickJournal:
    try:
        return msgspec.convert(value, ClickJournal) if value else ClickJournal()
    except msgspec.ValidationError:
        return ClickJournal()  # of another version of this package: clicks are learned from anew
