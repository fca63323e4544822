"""Headlines of all stories in memory, found by any part of a word: what a search answers while it is typed.

Read from the catalog when it is first asked, some 60 bytes a story, and kept up by its changes. Knows no
ranking.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from recommender.catalog import Catalog
from recommender.catalog.records import Op
from recommender.story.story import Story

MOST_FRESH = 2_000  # stories that are kept apart before all are read anew
MOST_LOOKED_AT = 5_000  # headlines with a common word that are compared with the other words


@dataclass(frozen=True, slots=True)
class Names:
    """The sections and kinds that any story has, in order."""

    sections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass
class _Held:
    seq: int = -1
    text: str = "\n"  # a line a story: its num, a tab, its headline
    fresh: dict[int, str | None] = field(default_factory=dict)  # what changed since; None where it is gone
    sections: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


class CardIndex:
    """The headlines of one archive. Threads share one.

    Parameters
    ----------
    catalog : Catalog
        Where they are read.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._held, self._lock = catalog, _Held(), threading.Lock()

    def search(self, text: str, most: int) -> list[int]:
        """Return the nums of up to `most` stories whose headlines hold all words of a text, begun ones too.

        Those that came last are first.
        """
        words = sorted(folded(text).split(), key=len, reverse=True)
        if not words:
            return []
        held = self._caught_up()
        changed = ((num, line) for num, line in sorted(held.fresh.items(), reverse=True) if line is not None)
        found = [num for num, line in changed if all(word in line for word in words)]
        for num, line in _lines_with(held.text, words[0]):
            if len(found) >= most:
                break
            if num not in held.fresh and all(word in line for word in words[1:]):
                found.append(num)
        return found[:most]

    def names(self) -> Names:
        """Return what sections and kinds there are, by their names."""
        held = self._caught_up()
        return Names(tuple(sorted(held.sections, key=folded)), tuple(sorted(held.kinds, key=folded)))

    def _caught_up(self) -> _Held:
        with self._lock:
            held, seq = self._held, self._catalog.last_seq()
            if held.seq == seq:
                return held
            changes = self._catalog.changes(held.seq, MOST_FRESH) if held.seq >= 0 else []
            if held.seq < 0 or len(changes) + len(held.fresh) >= MOST_FRESH:
                self._held = self._read(seq)
            else:
                stories = self._catalog.by_nums([each.num for each in changes if each.op is not Op.REMOVE])
                gone = {each.num: None for each in changes}
                self._held = _with(held, gone, stories, max((each.seq for each in changes), default=seq))
            return self._held

    def _read(self, seq: int) -> _Held:
        cards = self._catalog.cards()
        lines = (f"{num}\t{folded(headline)}\n" for num, headline, _, _ in cards)
        sections = {section.strip() for _, _, section, _ in cards if section.strip()}
        kinds = {kind for _, _, _, kind in cards if kind}
        return _Held(seq, "\n" + "".join(lines), {}, sections, kinds)


def _with(held: _Held, gone: dict[int, None], stories: dict[int, Story], seq: int) -> _Held:
    """Return what is held with what changed; who searches what was held before is not disturbed."""
    fresh = held.fresh | gone | {num: folded(story.headline) for num, story in stories.items()}
    sections = held.sections | {story.section.strip() for story in stories.values() if story.section}
    return _Held(seq, held.text, fresh, sections, held.kinds | {story.kind for story in stories.values()})


def folded(text: str) -> str:
    """Return a text on one line, in the form in which all spellings of its letters agree."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _lines_with(text: str, word: str) -> Iterator[tuple[int, str]]:
    """Yield the num and headline of the lines that hold a word, the last ones first."""
    end = len(text)
    for _ in range(MOST_LOOKED_AT):
        place = text.rfind(word, 0, end)
        if place < 0:
            return
        begin, stop = text.rfind("\n", 0, place) + 1, text.find("\n", place)
        num, _, line = text[begin:stop].partition("\t")
        if word in line:  # and not in the num
            yield int(num), line
        end = begin
