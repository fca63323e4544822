"""A story's text as terms: words, bigrams, names. Pure functions of the text; knows no archive, no model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from index.storage.kernels.text_hashes import counted, hashes, pair_hashes
from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.facts import fact_codes, facts
from recommender.analysis.languages import ENGLISH, spoken_of, writing_of
from recommender.analysis.names import name_terms, names, title_names
from recommender.analysis.normalization import normalised
from recommender.analysis.scanning import term_hashes, words_in
from recommender.analysis.series import label_of, series_of
from recommender.analysis.stemming import Stem, term_maker_of
from recommender.analysis.writing_systems import (
    MARKS,
    UNSPACED,
    beyond_ascii,
    boundaries,
    folded,
    grams,
    has_marks,
    widened,
)
from recommender.story.languages import detect, guessed_key, is_undetermined, language_of, may_meet
from recommender.story.story import Story, visible_window

Ids = NDArray[np.uint32]

TERM_BITS = 22
TERM_SPACE = 1 << TERM_BITS
"""Term ids lie below this. At 4 M ids, two of a story's 700 terms meet by chance in one story of twenty."""

HEADLINE_WEIGHT = 3  # each headline word counts so often: measured, see the ranking notes
MAX_TOKENS = 20_000  # of a longer text the rest adds no new subject; it bounds one story's cost
OPENING_WORDS = 3
_MOST_PLACES = 1 << 16
_OF = "\x1f"  # between a language and its word
_LAST_ID = np.uint32(TERM_SPACE - 1)

# A number keeps its inner points and commas ("2.0", "1,805"); a word has two letters at least.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w\w+")
_MARKED_TOKEN = regex.compile(rf"\d+(?:[.,]\d+)+|[\p{{L}}\p{{N}}_][[\p{{L}}\p{{N}}_]||{MARKS}]+", regex.V1)
_WRITTEN = regex.compile(rf"\d+(?:[.,]\d+)+|[\p{{L}}\p{{N}}_][[\p{{L}}\p{{N}}_]||{MARKS}]*", regex.V1)
_FIGURE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?!\w)")  # "18" but not that of "18F"


def code(text: str | None) -> int:
    """Return the code of a section, tag, author or language: 32 bits, 0 for nothing."""
    return crc32(text.strip().casefold().encode()) if text and text.strip() else 0


def term_id(term: str, language: str = ENGLISH) -> int:
    """Return the id of a term: a hash, so that no vocabulary is needed to read a new story.

    A word is one of its language: what is common in one may be rare in another. Names are the same in all.
    """
    own = term if language == ENGLISH else f"{language}{_OF}{term}"
    return crc32(own.encode("utf-8", "surrogatepass")) & (TERM_SPACE - 1)


def tokens(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words of a text in order, lower-case, without stop words, at most `MAX_TOKENS`.

    Where a script puts no space between words they are neighbouring letters: see `writing_systems.grams`.

    >>> tokens("The USWDS 2.0 is here")
    ['uswds', '2.0']
    >>> tokens("নির্বাচন কমিশন ২০২৪", "bn")
    ['নির্বাচন', 'কমিশন', '2024']
    """
    return _parts(text, language, term_maker_of(language))


def whole_words(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words of a text as `tokens` does, but with their endings.

    >>> whole_words("Die Häfen sind überflutet", "de")
    ['häfen', 'überflutet']
    """
    return _parts(text, language)


def _parts(text: str, language: str, stem: Stem | None = None) -> list[str]:
    text = normalised(text)
    if (walked := words_in(text, language, MAX_TOKENS)) is not None:
        return stem(walked) if stem else walked
    text = text.casefold()
    found = _whole_words(text, language)
    if stem:
        found = stem(found)
    if not text.isascii() and UNSPACED.search(beyond_ascii(text)):
        found = [part for token in found for part in (_cut(token) if not token.isascii() else (token,))]
    return found[:MAX_TOKENS]


def _whole_words(text: str, language: str) -> list[str]:
    """Return the words of a casefolded text, and runs of scripts without spaces."""
    pattern: re.Pattern[str] | regex.Pattern[str] = _TOKEN
    if not text.isascii():
        text = folded(text)
        pattern = _MARKED_TOKEN if has_marks(text) else _TOKEN
    stop_words = writing_of(language).stop_words
    return [token for token in pattern.findall(text) if token not in stop_words]


def _cut(token: str) -> Iterator[str]:
    place = 0
    for run in UNSPACED.finditer(token):
        if run.start() > place:
            yield token[place : run.start()]
        yield from (run.group()[start:end] for start, end in grams(run.group()))
        place = run.end()
    if place < len(token):
        yield token[place:]


def marked_words(text: str, terms: frozenset[str], language: str = ENGLISH) -> Iterator[tuple[int, int]]:
    """Yield where words of a text stand that are among some terms, as they are written, ascending.

    In a script without spaces those are neighbouring letters.
    """
    places = boundaries(text)
    for start, end in written_tokens(text):
        if not terms.isdisjoint(tokens(text[start:end], language)):
            yield widened(start, end, places)


def written_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text stand, stop words too; of a script without spaces its letters."""
    for word in _WRITTEN.finditer(text):
        found = word.group()
        for start, end in _pieces(found) if UNSPACED.search(found) else [(0, len(found))]:
            yield word.start() + start, word.start() + end


def _pieces(word: str) -> Iterator[tuple[int, int]]:
    """Yield where a word with runs of scripts without spaces is cut: between those, and into letters."""
    place = 0
    for run in UNSPACED.finditer(word):
        if run.start() > place:
            yield place, run.start()
        at = run.start()
        yield from ((at + start, at + end) for start, end in grams(run.group()))
        place = run.end()
    if place < len(word):
        yield place, len(word)


def to_terms(items: Iterable[str], language: str = ENGLISH) -> Terms:
    """Count ``items`` and return them as term ids."""
    return _terms([_ids(list(items), language)])


def _terms(parts: Sequence[Ids]) -> Terms:
    """Count what has been read, in one part or in several."""
    return Terms(*counted(np.concatenate(parts)))


def _ids(items: list[str], language: str) -> Ids:
    """Return the `term_id` of each item, all of them at once: a story has a thousand terms."""
    return hashes(items, _begun(language)) & _LAST_ID


def _read(text: str, language: str) -> tuple[Ids, Ids]:
    """Return the ids of a text's `tokens`, in order, and those of pairs of neighbours."""
    found, begun = None, _begun(language)
    if not term_maker_of(language):
        found = term_hashes(normalised(text), language, begun, MAX_TOKENS)
    if found is None:
        words = tokens(text, language)
        found = hashes(words, begun), pair_hashes(words, begun)
    ids, pairs = found
    return ids & _LAST_ID, pairs & _LAST_ID


def _begun(language: str) -> int:
    """Return the checksum of what stands before each term of a language."""
    return 0 if language == ENGLISH else crc32(f"{language}{_OF}".encode())


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
        _languages(key, story.headline, story.text),
        language=code(key),
        published=int(story.published.timestamp()),
        authors=_codes(story.authors),
        tags=_codes(story.tags),
        kind=code(story.kind),
        section=code(story.section),
        linkable=int(not (story.sensitive or story.never_link_to)),
        pictured=int(story.image is not None and bool(story.image.url)),
        visible_from=visible_from,
        visible_until=visible_until,
        picture=story.image.url if story.image else None,
    )


def encode_text(text: str, vectors: NDArray[np.floating], known: Collection[str] = ()) -> Encoded:
    """Return a free text as a story without a date. Its first line stands for the headline.

    Parameters
    ----------
    text : str
        A query or a whole text.
    vectors : (1 + n, d) float
        Unit vectors of its first line and its chunks.
    known : collection of str
        Languages of the archive that is asked: as these a text is read that is too short to tell its own.
    """
    headline, _, rest = text.strip().partition("\n")
    nothing = np.zeros(0, np.uint32)
    key = detect(headline, rest).key
    languages = _languages(key, headline, rest)
    if is_undetermined(key):
        languages += tuple(each for each in known if each not in languages and may_meet(key, each))
    return _encoded(
        headline, rest, vectors, languages, language=code(key), published=None, authors=nothing, tags=nothing
    )


def _languages(key: str, headline: str, text: str) -> tuple[str, ...]:
    """Return as which languages a text is read: one, or two where it is too short to tell for sure."""
    read = spoken_of(key)
    guess = guessed_key(headline, text) if is_undetermined(key) else read
    return (read,) if guess in ("", read) else (read, guess)


def _encoded(
    headline: str,
    text: str,
    vectors: NDArray[np.floating],
    languages: tuple[str, ...],
    picture: str | None = None,
    **fields: object,
) -> Encoded:
    told = _told(headline, text, languages, picture)
    return Encoded(vectors=vectors.astype(np.float16, copy=False), **told, **fields)  # type: ignore[arg-type]


@lru_cache(maxsize=8)  # a story that is published is tried first, and read again once it is kept
def _told(headline: str, text: str, languages: tuple[str, ...], picture: str | None) -> dict[str, object]:
    """Return what of a story is told by its words alone, by field of `Encoded`; nobody changes it."""
    titles, title_pairs = zip(*(_read(headline, language) for language in languages), strict=True)
    bodies, body_pairs = zip(*(_read(text, language) for language in languages), strict=True)
    first = languages[0]
    series, part = series_of(headline)
    named, titled = names(text, first), title_names(headline, first)
    words = _terms(titles * HEADLINE_WEIGHT + bodies)
    return dict(
        words=words,
        sequence=_sequence(words, bodies[0] if len(bodies[0]) else titles[0]),
        bigrams=_terms(title_pairs * HEADLINE_WEIGHT + body_pairs),
        headline=_terms(titles),
        entities=to_terms(name_terms(named) + titled),
        facts=fact_codes(facts(headline, text, [*titled, *named], first, picture)),
        opening=code(" ".join(_opening(headline))),
        label=code(label_of(normalised(headline))),
        series=code(series),
        part=part,
        figures=code(" ".join(sorted(_FIGURE.findall(headline)))),
    )


def _opening(headline: str) -> list[str]:
    headline = normalised(headline)
    pattern = _MARKED_TOKEN if has_marks(headline) else _TOKEN
    return pattern.findall(headline.casefold())[:OPENING_WORDS]


def _sequence(held: Terms, ids: Ids) -> NDArray[np.uint16]:
    """Return which of the terms held each id is, which are among them, but for those from the 65,536th on."""
    places = held.ids.searchsorted(ids)
    return places[places < _MOST_PLACES].astype(np.uint16)


def _codes(texts: Iterable[str]) -> NDArray[np.uint32]:
    return counted(np.fromiter(map(code, texts), np.uint32))[0]
