"""What two stories both name, in words an editor would call a name. Knows no arrays.

Whatever is named stands in both texts, outside of what both hold word for word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import regex

from recommender.analysis.display_words import written_words
from recommender.analysis.languages import ENGLISH, writing_of
from recommender.analysis.matching import whole_places
from recommender.analysis.name_lists import JOINERS, NO_SUBJECTS, is_name
from recommender.analysis.names import marks, name_terms, names, title_names
from recommender.analysis.normalization import normalised
from recommender.analysis.scanning import Phrases, first_run
from recommender.analysis.words import tokens
from recommender.analysis.writing_systems import MARKS, UNSPACED
from recommender.ranking.reader_text import AT_HAND, KNOWN, ReaderText, without_standing_text

Rarity = Callable[[str], float]

MOST_THINGS = 3
ENOUGH_NAMES = 2  # of an event: with so many no word has to tell what it is about
LEAST_RARITY = 1.5
"""Inverse document frequency, less 1, from which a name tells something: one story in five has it."""

WORD_RARITY = 2.3
"""The same for a common word, which must be rarer to be a subject: one story in ten has it."""

LONG = 1000
"""Characters of text from which on a source's own names are looked for in its candidates: it is read once for
all of its block. A shorter one may hold a name only where nothing tells it from another word."""

MOST_NAMES = 300
"""Names of one story that are looked for in another, the most telling first: a long report has 200."""

OPENING = 500
"""Characters of a text in which its subject is named."""

BEFORE = 16
"""Characters before a name that are looked at: room for "through the" or "21st"."""

_POSSESSIVE = ("'s", "\u2019s")
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)\s+$")  # "21st Century IDEA"
_WHERE = frozenset(
    {"in", "at", "along", "near", "off", "from", "across", "into", "over", "through", "toward", "towards"}
)


class WrittenName(NamedTuple):
    """What may be a name: its term, as it is first written in its story, and the first run of that."""

    key: str
    text: str
    first: str


class Name(NamedTuple):
    """A name of a story: its term, as it is first written there, and how rare it is."""

    key: str
    text: str
    rarity: float


def shared_names(source: ReaderText, target: ReaderText, rarity: Rarity, column: str = "") -> list[str]:
    """Return names that stand in both stories, the most telling first, at most `MOST_THINGS`.

    Parameters
    ----------
    source, target : ReaderText
    rarity : callable
        Takes a term; returns its inverse document frequency, less 1.
    column : str
        What both headlines begin with, which is named for itself.
    """
    named, other = (source, target) if len(source.text) >= LONG else (target, source)
    written = _written(named)
    if len(written) <= MOST_NAMES:  # else the most telling of all are looked for
        firsts = _firsts(named)  # most stand in no other story
        begun = {*firsts.runs_in(other.headline), *firsts.runs_in(other.text)}
        written = [name for name in written if not name.first or name.first in begun]
    itself, headline = column.casefold(), target.headline.casefold()
    telling = [name for name in _rated(written, named.language, rarity) if name.key not in itself]
    if not telling:
        return []
    # What stands in the headline is the subject; of two names the longer one says more.
    telling.sort(key=lambda name: -name.rarity * (1 + (name.key in headline)) * (1 + (" " in name.key)))
    own, others = without_standing_text(named, other)
    chosen = list[str]()
    for name in telling[:MOST_NAMES]:
        if (
            others.says(name.text)
            and own.says(name.text)
            and not any(_is_same(name.text, one, source, target) for one in chosen)
            and not _is_a_word(name.text, source, target)
            and not _is_title(name.text, source, target)
            and _stands_whole(name.text, own)
            and _stands_whole(name.text, others)
        ):
            chosen.append(name.text)
            if len(chosen) == MOST_THINGS:
                break
    return chosen


def shared_words(source: ReaderText, target: ReaderText, rarity: Rarity, column: str = "") -> list[str]:
    """Return the rare words that stand in both headlines, the rarest first.

    Where a language has no capitals that would tell names, a word of one headline that the other story says
    again and again is as good.
    """
    language = target.language
    names_itself = written_words(column, language)
    words = [w for w in dict.fromkeys(written_words(target.headline, language)) if w not in names_itself]
    shared = [word for word in words if ReaderText(source.headline, "").says(word, exactly=False)]
    if not writing_of(language).capitals:
        words += [w for w in dict.fromkeys(written_words(source.headline, language)) if w not in words]
        shared = [w for w in words if w not in names_itself and _both_stress(w, source, target)]
    terms = {word: tokens(word, language) for word in shared}
    rare = {word: _rarity(terms[word], rarity) for word in shared if terms[word]}
    telling = [word for word in rare if _tells(terms[word][0], rare[word], language)]
    return sorted(telling, key=lambda word: -rare[word])[:MOST_THINGS]


def _both_stress(word: str, source: ReaderText, target: ReaderText) -> bool:
    """Return whether each story has a word in its headline or says it twice."""
    return all(
        ReaderText(story.headline, "").says(word) or (story.text.count(word) > 1 and story.says(word))
        for story in (source, target)
    )


def common_terms(stories: Sequence[ReaderText], rarity: Rarity) -> list[str]:
    """Return names, then words of headlines, that half of the stories or more hold, the most telling first.

    Parameters
    ----------
    stories : sequence of ReaderText
        Of one language, two or more.
    rarity : callable
        See `shared_names`.
    """
    least = max(2, (len(stories) + 1) // 2)
    counts, known = Counter[str](), dict[str, Name]()
    for story in stories:
        for name in _rated(_written(story), story.language, rarity)[:MOST_NAMES]:
            counts[name.key] += 1
            known.setdefault(name.key, name)
    headlines = [ReaderText(story.headline, "") for story in stories]
    titled = {key: sum(each.says(known[key].text) for each in headlines) for key in counts}
    worth = {
        key: known[key].rarity * (counts[key] + 2 * titled[key]) * (1 + (" " in key))
        for key in counts
        if counts[key] >= least and not _is_a_word(known[key].text, stories[0], stories[-1])
    }
    names = [known[key].text for key in sorted(worth, key=lambda key: (-worth[key], key))]
    chosen = list[str]()
    words = _common_words(stories, headlines, least, rarity) if len(names) < ENOUGH_NAMES else []
    for term in (*names, *words):
        if not any(_is_same(term, one, *stories) or term.casefold() in one.casefold() for one in chosen):
            chosen.append(term)
        if len(chosen) == MOST_THINGS:
            break
    return chosen


def _common_words(
    stories: Sequence[ReaderText], headlines: Sequence[ReaderText], least: int, rarity: Rarity
) -> list[str]:
    """Return rare words that stand in so many headlines, the rarest first."""
    language = stories[-1].language
    words = {word.casefold(): word for story in stories for word in written_words(story.headline, language)}
    found = dict[str, float]()
    for word in words.values():
        terms = tokens(word, language)
        if terms and sum(each.says(word, exactly=False) for each in headlines) >= least:
            rare = _rarity(terms, rarity)
            if _tells(terms[0], rare, language):
                found[word] = rare
    return sorted(found, key=lambda word: (-found[word], word))


def subject(things: list[str], source: ReaderText, target: ReaderText) -> str:
    """Return the first of the things that the target's headline is about and the source opens with."""
    opening = ReaderText(source.headline, source.text[:OPENING])
    short = marks(normalised(target.headline), target.language)
    for one in things:
        forms = [one, *(mark for mark in short if _is_same(mark, one, source, target))]
        if any(_is_told_of(form, target.headline) for form in forms) and opening.says(one):
            return one
    return ""


def _is_told_of(name: str, headline: str) -> bool:
    """Return whether a headline names a thing other than to say where something happened."""
    before = (headline[max(0, place - BEFORE) : place].casefold() for place in _places(name, headline))
    return any(_WHERE.isdisjoint(words.removesuffix("the ").split()[-1:]) for words in before)


def _places(name: str, text: str) -> Iterator[int]:
    """Yield where a name stands in a text as it is, no part of an address."""
    if name.isascii():
        return whole_places(text, name)
    return (match.start() for match in _whole(name).finditer(text))


@lru_cache(KNOWN)
def _whole(name: str) -> regex.Pattern[str]:
    words = r"\s+".join(map(regex.escape, name.split()))
    return regex.compile(rf"(?<![\w@/]){words}(?!\w|{MARKS}|\.\w)", regex.V1)


def _stands_whole(name: str, reader_text: ReaderText) -> bool:
    """Return whether a name stands in a story as it is, not as a part of an address or behind an ordinal."""
    return any(
        not _ORDINAL.search(text, max(0, place - BEFORE), place)
        for text in (reader_text.headline, reader_text.text)
        for place in _places(name, text)
    )


@lru_cache(KNOWN)
def _written(reader_text: ReaderText) -> Sequence[WrittenName]:
    """Return what may be the names of a story, each once."""
    language = reader_text.language
    in_headline = title_names if language == ENGLISH else names
    told = (*names(reader_text.text, language), *in_headline(reader_text.headline, language))
    found = [*dict.fromkeys(name[:-2] if name.endswith(_POSSESSIVE) else name for name in told)]
    written = {name.casefold(): name for name in reversed(found)}
    terms = dict.fromkeys(term for term in name_terms(found) if term in written)
    return [WrittenName(term, written[term], first_run(written[term])) for term in terms]


@lru_cache(AT_HAND)
def _firsts(reader_text: ReaderText) -> Phrases:
    """Return what the names of a story begin with."""
    return Phrases(name.first for name in _written(reader_text))


def _rated(written: Sequence[WrittenName], language: str, rarity: Rarity) -> list[Name]:
    """Return those that are names, and rare enough to be a subject."""
    rare = ((name, rarity(name.key)) for name in written if is_name(name.text, language))
    return [Name(name.key, name.text, value) for name, value in rare if value >= LEAST_RARITY]


def _is_a_word(text: str, source: ReaderText, target: ReaderText) -> bool:
    """Return whether a name of one word stands in lower case in either story, too, or is a handle there."""
    if " " in text:
        return False
    if marks(text, source.language):
        return any(f"@{text}" in story.text for story in (source, target))
    word = text.lower()
    return source.says(word) or target.says(word)


def _is_title(text: str, *stories: ReaderText) -> bool:
    """Return whether a name of several words is all that a headline says: one story cites the other."""
    if " " not in text:
        return False
    for story in stories:
        words = story.headline.split()
        while words and words[0].casefold() in writing_of(story.language).stop_words:
            words = words[1:]
        if " ".join(words) == text:
            return True
    return False


def _is_same(one: str, other: str, *stories: ReaderText) -> bool:
    """Return whether one name holds the other, or is short for it."""
    short, long = sorted((one, other), key=len)
    if short in long or set(short.split()) <= set(long.split()):
        return True  # "Prime Minister Lee" is Prime Minister Ann Lee
    if " " in short or " " not in long:
        return False
    letters = short.rstrip("s").casefold()
    words = long.replace("-", " ").casefold().split()
    for parts in (words, [word for word in words if word not in JOINERS]):
        initials = "".join(word[0] for word in parts)
        if letters in initials if len(letters) > 2 else initials.endswith(letters):
            return True
    return any(f"{long} ({short})" in story.text for story in stories)


def _rarity(terms: list[str], rarity: Rarity) -> float:
    """Return how rare a word is: of one that is cut into pairs of characters, as rare as the rarest."""
    return max(map(rarity, terms)) if UNSPACED.match(terms[0]) else rarity(terms[0])


def _tells(term: str, rarity: float, language: str) -> bool:
    return is_name(term, language) and term not in NO_SUBJECTS and rarity >= WORD_RARITY
