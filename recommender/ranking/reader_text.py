"""What a reader sees of a story, and whether it says a thing. Knows no arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import regex

from recommender.analysis.languages import ENGLISH, spoken_of
from recommender.analysis.matching import stands, stands_in_any_case
from recommender.analysis.normalization import MAX_CHARACTERS
from recommender.analysis.scanning import Phrases
from recommender.story.languages import detect, language_of
from recommender.story.story import Story

KNOWN = 2048
"""Stories whose texts and names are kept at hand: some 20 MB."""

AT_HAND = 64
"""Stories of which it is kept how their names and sentences begin: those whose blocks are made now."""

# The end of a sentence, and the white space behind it: it begins with what is looked for. Most texts have no
# other full stops than those of ASCII, and are looked through in a fifth of the time.
_END = re.compile(r"[.!?\n](?:(?<=\n)\n*|(?<!\n)[^\S\x1c-\x1f]+)")
_END_ANYWHERE = regex.compile(r"[.!?]\s+|\n+|[\p{Sentence_Terminal}--\p{ASCII}]\s*", regex.V1)
_OTHER_STOP = regex.compile(r"[\p{Sentence_Terminal}--\p{ASCII}]", regex.V1)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
OPENING_WORDS = 5
"""Sentences that have so many first words in common are taken to be the same."""

_LEAST_STANDING = 20  # characters: shorter sentences are alike by chance ("Read more.")


@dataclass(frozen=True, slots=True)
class ReaderText:
    """What a reader sees of a story, or of a text that is asked about; ``language``: as which it is read."""

    headline: str
    text: str
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: str = ""
    language: str = ENGLISH

    @staticmethod
    @lru_cache(KNOWN)  # one story stands in the blocks of many
    def of(story: Story) -> ReaderText:
        """Return what is told by a story."""
        text = story.text[:MAX_CHARACTERS]  # where its names and words are taken from
        language = spoken_of(language_of(story).key)
        return ReaderText(
            story.headline, text, story.published, story.authors, story.tags, story.kind, language
        )

    @staticmethod
    def of_text(headline: str, text: str) -> ReaderText:
        """Return what a text says that is asked about."""
        return ReaderText(headline, text, language=spoken_of(detect(headline, text).key))

    def says(self, thing: str, *, exactly: bool = True) -> bool:
        """Return whether a name (`exactly` as it is written) or a word stands in headline or text."""
        # One after the other: a name does not begin in the headline and end in the text.
        if not exactly:
            return stands_in_any_case(self.headline, thing) or stands_in_any_case(self.text, thing)
        parts = thing.split()
        return stands(self.headline, parts) or stands(self.text, parts)


def without_standing_text(one: ReaderText, other: ReaderText) -> tuple[ReaderText, ReaderText]:
    """Return two stories without the sentences that begin alike in both.

    Such are an author's biography, a column's greeting, a press office's last lines: they tell nothing of a
    story's subject, and are seldom the same to the last word.
    """
    if not _openings(one).may_open(other.text, OPENING_WORDS, _LEAST_STANDING):
        return one, other
    first, second = _sentences(one), _sentences(other)
    both = first.keys() & second.keys()
    return (_without(one, first, both), _without(other, second, both)) if both else (one, other)


def _without(told: ReaderText, sentences: Mapping[str, str], standing: Set[str]) -> ReaderText:
    text = told.text
    # The longest first: it may hold a shorter one, and would not be found without it.
    for sentence in sorted((sentences[opening] for opening in standing), key=lambda s: (-len(s), s)):
        text = text.replace(sentence, " ")
    return replace(told, text=text)


@lru_cache(AT_HAND)
def _openings(told: ReaderText) -> Phrases:
    """Return what the sentences of a text open with."""
    return Phrases(_sentences(told))


@lru_cache(KNOWN)
def _sentences(told: ReaderText) -> Mapping[str, str]:
    """Return a text's sentences by what they open with."""
    beyond = "" if told.text.isascii() else "".join(_BEYOND_ASCII.findall(told.text))
    ends = _END_ANYWHERE if _OTHER_STOP.search(beyond) else _END
    parts = (part.strip() for part in ends.split(told.text))
    return {
        " ".join(part.split(None, OPENING_WORDS)[:OPENING_WORDS]): part
        for part in parts
        if len(part) >= _LEAST_STANDING
    }
