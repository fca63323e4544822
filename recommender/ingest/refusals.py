"""Refusals in words, of items and of whole files: each story once, and never nothing without a word.

Knows what is found and refused, not in what kind of source.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from recommender.errors import StoryError
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.xmlstream import LARGEST, Piece

_TOLD = 5  # kinds of what was no story
_DIGEST_BYTES = 8  # of an id that is remembered; two of a million fall together once in 3e7 files


def refused(number: int, field_: str, value: object, problem: str, way_out: str) -> Refused:
    """Return the refusal of an item, or of what a file holds."""
    place = f"item {number}" if number else "the file"
    return Refused(number, None, StoryError(place, field_, value, problem, way_out), b"", place)


def broken(number: int, piece: Piece) -> Refused:
    """Return the refusal of an element that cannot be read, does not end, or is too large."""
    if piece.large:
        problem, way_out = f"has more than {LARGEST:,} characters", "shorten it"
    elif piece.whole:
        problem, way_out = "cannot be read as XML", "export it again"
    else:
        problem, way_out = "does not end: it is torn off", "export it again"
    return refused(number, "content", piece.text, problem, way_out)


def checked(
    items: Iterable[Found | Refused], options: Options, kind: str, hint: str = ""
) -> Iterator[Found | Refused]:
    """Yield the items of a file, each story once; that it holds none comes out as a refusal.

    Parameters
    ----------
    items : iterable
    options : Options
        Whose name the refusal shows; `Options.passed` tells what was there instead.
    kind : str
        What should have been there, in words.
    hint : str
        What to do with what was there instead.
    """
    before = options.passed.copy()
    seen: set[bytes] = set()
    nothing = True
    for item in items:
        nothing = False
        if isinstance(item, Found):
            key = f"{item.story.id}\n{item.origin.revision}".encode()
            digest = hashlib.blake2b(key, digest_size=_DIGEST_BYTES).digest()
            if digest in seen:
                id_, number = item.story.id, int(item.origin.place.rpartition(" ")[2] or 0)
                error = StoryError(id_, "id", id_, "comes twice in this file", "send each story once")
                yield Refused(number, id_, error, b"", item.origin.place)
                continue
            seen.add(digest)
        yield item
    if nothing:
        others = passed_words(options.passed - before)
        there = f"; there is {others}{hint}" if others else ""
        yield refused(
            0, "content", options.name, f"holds no {kind}{there}", "check that it is the right file"
        )


def passed_words(passed: Counter[str]) -> str:
    """Return in words what was no story: what there was most of."""
    return ", ".join(f"{count:,} x {name}" for name, count in passed.most_common(_TOLD))
