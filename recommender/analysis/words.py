"""A story's text as terms: words, bigrams, names. Pure functions of the text; knows no archive, no model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.languages import ENGLISH, spoken_of, writing_of
from recommender.analysis.names import name_terms, names, title_names
from recommender.analysis.normalization import normalised
from recommender.analysis.series import label_of, series_of
from recommender.analysis.writing_systems import (
    CLUSTER,
    MARK,
    MARKS,
    UNSPACED,
    boundaries,
    folded,
    widened,
)
from recommender.story.languages import detect, language_of
from recommender.story.story import Story, visible_window

TERM_BITS = 22
TERM_SPACE = 1 << TERM_BITS
"""Term ids lie below this. At 4 M ids, two of a story's 700 terms meet by chance in one story of twenty."""

HEADLINE_WEIGHT = 3  # each headline word counts so often: measured, see the ranking notes
MAX_TOKENS = 20_000  # of a longer text the rest adds no new subject; it bounds one story's cost
MAX_COUNT = 255
OPENING_WORDS = 3

# A number keeps its inner points and commas ("2.0", "1,805"); a word has two letters at least.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w\w+")
_MARKED_TOKEN = regex.compile(rf"\d+(?:[.,]\d+)+|[\p{{L}}\p{{N}}_][[\p{{L}}\p{{N}}_]||{MARKS}]+", regex.V1)
_WRITTEN = regex.compile(rf"\d+(?:[.,]\d+)+|[\p{{L}}\p{{N}}_][[\p{{L}}\p{{N}}_]||{MARKS}]*", regex.V1)
_FIGURE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?!\w)")  # "18" but not that of "18F"


def code(text: str | None) -> int:
    """Return the code of a section, tag, author or language: 32 bits, 0 for nothing."""
    return crc32(text.strip().casefold().encode()) if text and text.strip() else 0


def term_id(term: str) -> int:
    """Return the id of a term: a hash, so that no vocabulary is needed to read a new story."""
    return crc32(term.encode("utf-8", "surrogatepass")) & (TERM_SPACE - 1)


def tokens(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words of a text in order, lower-case, without stop words, at most `MAX_TOKENS`.

    Where a script puts no space between words they are pairs of neighbouring characters (with their marks).

    >>> tokens("The USWDS 2.0 is here")
    ['uswds', '2.0']
    >>> tokens("নির্বাচন কমিশন ২০২৪", "bn")
    ['নির্বাচন', 'কমিশন', '2024']
    """
    text = normalised(text).casefold()
    found = _whole_words(text, language)
    if not text.isascii():
        found = [part for token in found for part in (_cut(token) if not token.isascii() else (token,))]
    return found[:MAX_TOKENS]


def _whole_words(text: str, language: str) -> list[str]:
    """Return the words of a casefolded text, and runs of scripts without spaces."""
    pattern: re.Pattern[str] | regex.Pattern[str] = _TOKEN
    if not text.isascii():
        text = folded(text)
        pattern = _MARKED_TOKEN if MARK.search(text) else _TOKEN
    stop_words = writing_of(language).stop_words
    return [token for token in pattern.findall(text) if token not in stop_words]


def _cut(token: str) -> Iterator[str]:
    place = 0
    for run in UNSPACED.finditer(token):
        if run.start() > place:
            yield token[place : run.start()]
        clusters = CLUSTER.findall(run.group())
        yield from ("".join(clusters[i : i + 2]) for i in range(max(1, len(clusters) - 1)))
        place = run.end()
    if place < len(token):
        yield token[place:]


def marked_words(text: str, terms: frozenset[str], language: str = ENGLISH) -> Iterator[tuple[int, int]]:
    """Yield where words of a text stand that are among some terms, as they are written, ascending.

    In a script without spaces those are the pairs of characters.
    """
    places = boundaries(text)
    for word in _WRITTEN.finditer(text):
        for start, end in (
            _pieces(word.group()) if UNSPACED.search(word.group()) else [(0, len(word.group()))]
        ):
            if not terms.isdisjoint(tokens(word.group()[start:end], language)):
                yield widened(word.start() + start, word.start() + end, places)


def _pieces(word: str) -> Iterator[tuple[int, int]]:
    """Yield where a word with runs of scripts without spaces is cut: between those, and into pairs there."""
    place = 0
    for run in UNSPACED.finditer(word):
        if run.start() > place:
            yield place, run.start()
        ends = [run.start() + place for place in boundaries(run.group())]
        yield from zip(ends, ends[2:] or ends[-1:], strict=False)
        place = run.end()
    if place < len(word):
        yield place, len(word)


def bigrams(words: list[str]) -> list[str]:
    """Return the pairs of neighbours among ``words``."""
    return [f"{first} {second}" for first, second in pairwise(words)]


def to_terms(items: Iterable[str]) -> Terms:
    """Count ``items`` and return them as term ids."""
    counted = Counter(items)
    hashed = np.fromiter(map(term_id, counted), np.uint32, len(counted))
    ids, which = np.unique(hashed, return_inverse=True)
    totals = np.bincount(which, np.fromiter(counted.values(), np.int64, len(counted)), minlength=len(ids))
    return Terms(ids, np.minimum(totals, MAX_COUNT).astype(np.uint8))


def encode(story: Story, vectors: NDArray[np.floating]) -> Encoded:
    """Return a story as arrays.

    Parameters
    ----------
    story : Story
        What to encode.
    vectors : (1 + n, d) float
        Unit vectors of its headline and its chunks.
    """
    visible_from, visible_until = visible_window(story)
    key = language_of(story).key
    return _encoded(
        story.headline,
        story.text,
        vectors,
        key,
        published=int(story.published.timestamp()),
        authors=_codes(story.authors),
        tags=_codes(story.tags),
        kind=code(story.kind),
        section=code(story.section),
        linkable=int(not (story.sensitive or story.never_link_to)),
        visible_from=visible_from,
        visible_until=visible_until,
    )


def encode_text(text: str, vectors: NDArray[np.floating]) -> Encoded:
    """Return a free text as a story without a date. Its first line stands for the headline.

    Parameters
    ----------
    text : str
        A query or a whole text.
    vectors : (1 + n, d) float
        Unit vectors of its first line and its chunks.
    """
    headline, _, rest = text.strip().partition("\n")
    nothing = np.zeros(0, np.uint32)
    key = detect(headline, rest).key
    return _encoded(headline, rest, vectors, key, published=None, authors=nothing, tags=nothing)


def _encoded(headline: str, text: str, vectors: NDArray[np.floating], key: str, **fields: object) -> Encoded:
    language = spoken_of(key)
    title, body = tokens(headline, language), tokens(text, language)
    series, part = series_of(headline)
    return Encoded(
        words=to_terms(title * HEADLINE_WEIGHT + body),
        bigrams=to_terms(bigrams(title) * HEADLINE_WEIGHT + bigrams(body)),
        headline=to_terms(title),
        entities=to_terms(name_terms(names(text, language)) + title_names(headline, language)),
        opening=code(" ".join(_opening(headline))),
        label=code(label_of(headline)),
        language=code(key),
        series=code(series),
        part=part,
        figures=code(" ".join(sorted(_FIGURE.findall(headline)))),
        vectors=vectors.astype(np.float16, copy=False),
        **fields,  # type: ignore[arg-type]
    )


def _opening(headline: str) -> list[str]:
    pattern = _MARKED_TOKEN if MARK.search(headline) else _TOKEN
    return pattern.findall(headline.casefold())[:OPENING_WORDS]


def _codes(texts: Iterable[str]) -> NDArray[np.uint32]:
    return np.unique(np.fromiter((code(text) for text in texts), np.uint32))
