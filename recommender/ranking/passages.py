"""Which passage of a story bears on a text most, and which of its words the text says too. Knows no arrays.

For people who ask by text: they see why a story was found without opening it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import regex

from recommender.analysis.languages import ENGLISH
from recommender.analysis.normalization import MAX_CHARACTERS
from recommender.analysis.sentences import SENTENCE_GAP
from recommender.analysis.words import marked_words, tokens
from recommender.analysis.writing_systems import boundaries, widened

Rarity = Callable[[str], float]
Span = tuple[int, int]

LONGEST = 240
"""Characters of a passage: two lines of a terminal, three of a page's column."""

MOST_TERMS = 50
"""Of a long text its rarest words tell where to look: a whole draft would mark every other word."""

_WORD = regex.compile(r"\w")
_NO_BEGINNING = " \t)]}.,;:!?"  # left over from what stood before
_ELLIPSIS = "\u2026"
_LEAD_IN = 60  # characters kept before the first marked word of a sentence that is cut


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a story's text.

    Attributes
    ----------
    text : str
        As it stands there; an ellipsis marks an end that was cut.
    marks : tuple of (int, int)
        Where words of the question stand in it: first character and the one after the last, ascending.
    """

    text: str
    marks: tuple[Span, ...] = ()

    def marked(self, before: str, after: str) -> str:
        """Return the text with something before and after each mark."""
        return "".join(f"{before}{part}{after}" if mark else part for part, mark in self.parts())

    def parts(self) -> Iterator[tuple[str, bool]]:
        """Yield the text in pieces, each with whether it is marked; none is empty."""
        end = 0
        for first, last in self.marks:
            if first > end:
                yield self.text[end:first], False
            yield self.text[first:last], True
            end = last
        if end < len(self.text):
            yield self.text[end:], False


def question_terms(text: str, rarity: Rarity, language: str = ENGLISH) -> dict[str, float]:
    """Return the words of a text and how rare each is, the rarest `MOST_TERMS`; what all stories say is 0."""
    found = {term: max(rarity(term), 0.0) for term in dict.fromkeys(tokens(text, language))}
    rarest = sorted(found, key=lambda term: -found[term])[:MOST_TERMS]
    return {term: found[term] for term in rarest}


def passage(
    terms: Mapping[str, float], sentences: Iterable[tuple[str, float]], language: str = ENGLISH
) -> Passage | None:
    """Return the sentence that bears on a question most, or None where there is none with a word.

    Parameters
    ----------
    terms : mapping of str to float
        The question's words and their rarity (see `question_terms`).
    sentences : iterable of (str, float)
        The story's, each with how near its surroundings are to the question, -1 to 1 (see `sentences_of`).
        What is near speaks of the subject in other words; there the rarest shared words decide.
    language : str
        As which they are read.
    """
    whole = sum(terms.values()) or 1.0
    best, found = -float("inf"), ""
    for sentence, nearness in sentences:
        shared = terms.keys() & set(tokens(sentence, language))
        worth = nearness + sum(terms[term] for term in shared) / whole
        if worth > best:
            best, found = worth, " ".join(sentence.split())
    return _cut(found, _marks(found, terms, language)) if found else None


def sentences_of(text: str, chunks: Sequence[str], nearness: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Yield the sentences of a text that hold a word, each with the nearness of the nearest chunk it is in.

    Parameters
    ----------
    text : str
        The story's; what is beyond `MAX_CHARACTERS` is not read.
    chunks : sequence of str
        Its beginning in pieces, as they were embedded; what is in none counts as the farthest.
    nearness : sequence of float
        One a chunk; where the numbers differ the text was embedded otherwise, and all of it counts alike.
    """
    known = list(zip(_ends(text, chunks), nearness, strict=True)) if len(chunks) == len(nearness) else []
    farthest = min((near for _, near in known), default=0.0)
    start = 0
    for gap in chain(SENTENCE_GAP.finditer(text[:MAX_CHARACTERS]), (None,)):
        stop = gap.start() if gap else min(len(text), MAX_CHARACTERS)
        sentence = text[start:stop].lstrip(_NO_BEGINNING)
        if _WORD.search(sentence):
            begins = (0, *(end for end, _ in known))
            around = [
                near
                for (end, near), first in zip(known, begins, strict=False)
                if first < stop and start < end
            ]
            yield sentence, max(around, default=farthest)
        start = gap.end() if gap else stop


def _ends(text: str, chunks: Iterable[str]) -> Iterator[int]:
    """Yield where each chunk ends in the text."""
    end = 0
    for chunk in chunks:
        end = max(text.find(chunk, end), end) + len(chunk)
        yield end


def _marks(sentence: str, terms: Iterable[str], language: str) -> tuple[Span, ...]:
    """Return where the terms stand in a sentence, ascending; spans that touch or overlap are one."""
    joined: list[Span] = []
    for first, last in marked_words(sentence, frozenset(terms), language):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def _cut(sentence: str, marks: tuple[Span, ...]) -> Passage:
    """Return at most `LONGEST` characters of a sentence, from shortly before its first mark on.

    It is cut at spaces, and between clusters where the script has none: no letter loses its marks.
    """
    if len(sentence) <= LONGEST:
        return Passage(sentence, marks)
    places = boundaries(sentence)
    room = LONGEST - 2 * len(_ELLIPSIS)
    first = max(0, min((marks[0][0] if marks else 0) - _LEAD_IN, len(sentence) - room))
    start = _word_start(sentence, widened(first, first, places)[0]) if first else 0
    stop = min(start + room, len(sentence))
    if stop < len(sentence):
        stop = widened(stop, stop, places)[0]
        stop = max(sentence.rfind(" ", start + 1, stop + 1), start) if " " in sentence[start:stop] else stop
    head = _ELLIPSIS if start else ""
    tail = _ELLIPSIS if stop < len(sentence) else ""
    moved = tuple(
        (max(a, start) - start + len(head), min(b, stop) - start + len(head))
        for a, b in marks
        if a < stop and b > start
    )
    return Passage(head + sentence[start:stop] + tail, moved)


def _word_start(sentence: str, at: int) -> int:
    """Return where the word after the next space begins; ``at`` itself where no space is near."""
    space = sentence.find(" ", at, at + _LEAD_IN)
    return at if space < 0 else space + 1
