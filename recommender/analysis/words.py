"""A story's text as terms: words, bigrams, names. Pure functions of the text; knows no archive, no model."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.normalization import normalised
from recommender.analysis.series import series_of
from recommender.story.languages import language_of
from recommender.story.story import Story, visible_window

_STOP_FILE = resources.files("recommender") / "data" / "stopwords.txt"
STOP_WORDS = frozenset(_STOP_FILE.read_text("utf-8").split())
"""English function words, and what is left of contractions ("ll", "don")."""

TERM_BITS = 22
TERM_SPACE = 1 << TERM_BITS
"""Term ids lie below this. At 4 M ids, two of a story's 700 terms meet by chance in one story of twenty."""

HEADLINE_WEIGHT = 3  # each headline word counts so often: measured, see the ranking notes
MAX_TOKENS = 20_000  # of a longer text the rest adds no new subject; it bounds one story's cost
MAX_COUNT = 255
OPENING_WORDS = 3

# A number keeps its inner points and commas ("2.0", "1,805"); a word has two letters at least.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w\w+")
# Scripts that put no space between words: their runs are cut into pairs of characters.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
# The end of a sentence, and the white space behind it. It begins with what is looked for, not with a look
# back, which would be taken at every character.
_SENTENCE = re.compile(r"[.!?:\n](?:(?<=\n)\n*|(?<!\n)[\"'\u201d\u2019)\]]*\s+)")
_NAME_WORD = r"[A-Z][\w\u2019'&-]*"
_JOINER = r"(?:of|and|for|de|la|van|von|bin|al)(?: the| la| der)?"
# At most eight words long, so that a text in capitals is not one name.
_NAME = re.compile(rf"{_NAME_WORD}(?:(?: {_JOINER})? {_NAME_WORD}){{0,7}}")
# Acronyms, camel case and versions: "NASA", "HTML5", "GitHub", "2.0". Tried on single words of bounded
# length: on a whole text it would take quadratic time.
_MARK = re.compile(r"[A-Z][\w-]*[A-Z0-9][\w-]*|[A-Za-z][a-z]+[A-Z]\w*|\w*\d+(?:\.\d+)+")
# Most words are passed over at once: what is such a name has a capital or a figure after its first letter.
_MARK_SIGN = re.compile(r"[A-Z\d](?<=[\w.-].)")
_MARK_WORD = re.compile(r"[\w.-]+")
_MOST_MARK = 40  # characters: what is longer is an address or a token, not a name
_MIN_NAME = 3
_FIGURE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?!\w)")  # "18" but not that of "18F"


def code(text: str | None) -> int:
    """Return the code of a section, tag, author or language: 32 bits, 0 for nothing."""
    return crc32(text.strip().casefold().encode()) if text and text.strip() else 0


def term_id(term: str) -> int:
    """Return the id of a term: a hash, so that no vocabulary is needed to read a new story."""
    return crc32(term.encode("utf-8", "surrogatepass")) & (TERM_SPACE - 1)


def tokens(text: str) -> list[str]:
    """Return the words of a text in order, lower-case, without stop words, at most `MAX_TOKENS`.

    >>> tokens("The USWDS 2.0 is here")
    ['uswds', '2.0']
    """
    text = normalised(text).casefold()
    found = [token for token in _TOKEN.findall(text) if token not in STOP_WORDS]
    if not text.isascii():
        found = [part for token in found for part in (_cut(token) if not token.isascii() else (token,))]
    return found[:MAX_TOKENS]


def _cut(token: str) -> Iterator[str]:
    place = 0
    for run in _UNSPACED.finditer(token):
        if run.start() > place:
            yield token[place : run.start()]
        text = run.group()
        yield from (text[i : i + 2] for i in range(max(1, len(text) - 1)))
        place = run.end()
    if place < len(token):
        yield token[place:]


def bigrams(words: list[str]) -> list[str]:
    """Return the pairs of neighbours among ``words``."""
    return [f"{first} {second}" for first, second in pairwise(words)]


def names(text: str) -> list[str]:
    """Return the names in a text as they are written: capitalised words in a sentence, acronyms, versions.

    >>> names("Today the White House met NASA about Python 3.11.")
    ['White House', 'NASA', 'Python', '3.11']
    """
    text = normalised(text)
    # No name goes on over the end of a sentence, so the whole text is looked through once.
    starts = [0, *(end.end() for end in _SENTENCE.finditer(text))]
    capitalised = [(match.start(), match.group()) for match in _NAME.finditer(text)]
    begins = set(starts)
    here = [(at, name) for at, words in capitalised if (name := _name(words, at in begins))]
    marked = list(_marks(text))
    if not marked:
        return [name for _, name in here]
    return _by_sentence(starts, here, marked)


def _by_sentence(starts: list[int], here: list[tuple[int, str]], marked: list[tuple[int, str]]) -> list[str]:
    """Return the names of each sentence, then its marks that are not among them."""
    sentences: dict[int, tuple[list[str], list[str]]] = {}
    for which, found in enumerate((here, marked)):
        for at, name in found:
            sentences.setdefault(bisect_right(starts, at), ([], []))[which].append(name)
    found_in_order: list[str] = []
    for _, (own, marks) in sorted(sentences.items()):
        known = frozenset(own)
        found_in_order += [*own, *(mark for mark in marks if mark not in known)]
    return found_in_order


def marks(text: str) -> list[str]:
    """Return the words that are names by their form: acronyms, camel case, versions.

    >>> marks("Since HTML5 and USWDS 2.0, GitHub is used by NASA's teams.")
    ['HTML5', 'USWDS', '2.0', 'GitHub', 'NASA']
    """
    return [mark for _, mark in _marks(text)]


def _marks(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each mark stands, and the mark."""
    end = 0
    for sign in _MARK_SIGN.finditer(text):
        if sign.start() < end:
            continue
        start = _word_start(text, sign.start(), end)
        end = _MARK_WORD.match(text, start).end()  # type: ignore[union-attr]  # it holds the sign at least
        word = text[start:end].strip(".-")
        if len(word) <= _MOST_MARK and _MARK.fullmatch(word):
            yield start, word


def _word_start(text: str, place: int, least: int) -> int:
    """Return where the word begins that goes on at ``place``."""
    while place > least and (text[place - 1].isalnum() or text[place - 1] in "_.-"):
        place -= 1
    return place


def _name(run: str, begins: bool) -> str | None:
    """Return the name in a run of capitalised words, without a first word that only begins the sentence."""
    words = run.rstrip("'\u2019-").split()
    while words and words[0].casefold() in STOP_WORDS:
        words, begins = words[1:], False
    if not words or (begins and len(words) == 1) or len(words[0]) < _MIN_NAME:
        return None
    return " ".join(words)


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
    return _encoded(
        story.headline,
        story.text,
        vectors,
        published=int(story.published.timestamp()),
        authors=_codes(story.authors),
        tags=_codes(story.tags),
        kind=code(story.kind),
        section=code(story.section),
        language=code(language_of(story).key),
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
    return _encoded(headline, rest, vectors, published=None, authors=nothing, tags=nothing)


def _encoded(headline: str, text: str, vectors: NDArray[np.floating], **fields: object) -> Encoded:
    title, body = tokens(headline), tokens(text)
    label, colon, _ = headline.partition(":")
    series, part = series_of(headline)
    return Encoded(
        words=to_terms(title * HEADLINE_WEIGHT + body),
        bigrams=to_terms(bigrams(title) * HEADLINE_WEIGHT + bigrams(body)),
        headline=to_terms(title),
        entities=to_terms(name_terms(names(text)) + title_names(headline)),
        opening=code(" ".join(_TOKEN.findall(headline.casefold())[:OPENING_WORDS])),
        label=code(label) if colon else 0,
        series=code(series),
        part=part,
        figures=code(" ".join(sorted(_FIGURE.findall(headline)))),
        vectors=vectors.astype(np.float16, copy=False),
        **fields,  # type: ignore[arg-type]
    )


def name_terms(found: list[str]) -> list[str]:
    """Return the terms of names: each name whole and, of a longer one, each capitalised part."""
    terms = []
    for name in found:
        parts = [part for part in name.split() if part[:1].isupper() and len(part) >= _MIN_NAME]
        terms.append(name.casefold())
        if len(parts) > 1:
            terms.extend(part.casefold() for part in parts)
    return terms


def title_names(headline: str) -> list[str]:
    """Return acronyms and versions of a headline; its capitals tell nothing where every word has one."""
    return [mark.casefold() for mark in marks(normalised(headline))]


def _codes(texts: Iterable[str]) -> NDArray[np.uint32]:
    return np.unique(np.fromiter((code(text) for text in texts), np.uint32))
