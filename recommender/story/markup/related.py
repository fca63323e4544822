"""Related stories that editors set in a text: found among its blocks, cut out, and kept as links.

What a text says about its related stories would leak the answer into the question, so it goes; and it is what
editors chose, so it is learned from. Lists that nobody set for this story go and teach nothing. Knows blocks
of text and their links, not the tags that made them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache, lru_cache

import regex

from recommender.story.markup.labels import phrases

MOST_CURATED = 3  # links of a block whose stories share a word with their page in .46 to .77 of cases
MOST_LISTED = 14  # links of a longer block that an editor may have set
_LABEL_LENGTH = 80  # characters; a label with what decorates it
_HEADLINE_LENGTH = 250  # characters of a line that reads "READ MORE: headline"
_LOOKED_UP, _GLANCE = 2, 4  # letters, as many as the shortest phrase has, in all and in ASCII
_LONGEST_START = 80  # characters that hold what decorates a label, and all of it
_AS_A_PICTURE = "\ufe0f"  # a mark of the symbol before it
# Of Turkish, whose cases patterns take for one.
_ONE_I = {ord(letter): "i" for letter in "\u0130\u0131\u0307"}
_COVERED = 0.8  # of a block's letters, where it is nothing but links

_BETWEEN = r"\s*[:：|｜>»›→⇒▶►।]+\s*|\s+[-–—]+\s+"  # noqa: RUF001 (as pages print it)


@dataclass(slots=True)
class TextBlock:
    """A paragraph, a heading, a list entry, a row: one line of text, and the links in it."""

    text: str
    links: list[tuple[str, str]] = field(default_factory=list)  # address and words
    row: bool = False  # stands close to the one before it, as entries of a list do


class Label(Enum):
    """What a label says of the links under it."""

    READ = auto()
    RELATED = auto()
    GENERIC = auto()


@dataclass(slots=True)
class Related:
    """What was found: the links that editors set, those of longer lists, and how many lines were cut out."""

    curated: list[tuple[str, str]] = field(default_factory=list)
    listed: list[tuple[str, str]] = field(default_factory=list)
    blocks: int = 0
    dropped: int = 0


def cut(blocks: Sequence[TextBlock]) -> tuple[list[TextBlock], Related]:
    """Return the blocks without related stories, and the links that editors set."""
    kept, related, place = [], Related(), 0
    while place < len(blocks):
        block, taken = blocks[place], 0
        if _may_begin(block.text[:_GLANCE]):
            taken = _alone(blocks, place, related) or _in_line(block, related)
        if not taken:
            kept.append(block)
        place += taken or 1
    return kept, related


def label_of(text: str) -> Label | None:
    """Return what a text is the label of, all of it; None where it is none."""
    return _LABELS.get(_key(text)) if len(text) <= _LABEL_LENGTH else None


def is_links(block: TextBlock) -> bool:
    """Tell whether a block is nothing but links."""
    covered = sum(len(words) for _, words in block.links)
    return covered > 0 and covered >= _COVERED * len(block.text)


def _alone(blocks: Sequence[TextBlock], place: int, related: Related) -> int:
    """Take a label that stands by itself, and the links under it; return how many blocks that are."""
    block = blocks[place]
    label = label_of(block.text)
    if label is None or any(label_of(words) is None for _, words in block.links):
        return 0
    links: list[tuple[str, str]] = []
    end = place + 1
    while end < len(blocks) and is_links(blocks[end]) and label_of(blocks[end].text) is None:
        if blocks[end - 1].row and not blocks[end].row:
            break  # the list has ended
        links += blocks[end].links
        end += 1
    if not links:
        return 0
    _take(label, links, related)
    return end - place


def _in_line(block: TextBlock, related: Related) -> int:
    """Take a line that begins with a label and goes on with links, or with a headline."""
    found = _labelled(block.text)
    if found is None:
        return 0
    label, rest = _LABELS[_key(found["label"])], found["rest"]
    links = [(target, words) for target, all_words in block.links if (words := _headline(all_words))]
    covered = sum(len(words) for _, words in links)
    if links and covered >= _COVERED * len(rest) and (found["mark"] or " " in rest.strip()):
        _take(label, links, related)
        return 1
    if label is Label.READ and found["mark"] and not block.links and len(rest) <= _HEADLINE_LENGTH:
        related.blocks += 1
        return 1
    return 0


def _take(label: Label, links: list[tuple[str, str]], related: Related) -> None:
    if label is Label.GENERIC or len(links) > MOST_LISTED:
        related.dropped += 1
        return
    related.blocks += 1
    found = related.curated if len(links) <= MOST_CURATED else related.listed
    found += links


def _headline(words: str) -> str:
    """Return the words of a link without the label that some hold; nothing where they are the label."""
    if label_of(words) is not None:
        return ""
    found = _labelled(words)
    return found["rest"].strip() if found and found["mark"] else words


def _labelled(text: str) -> regex.Match[str] | None:
    """Return label, mark and rest of a line that begins with a label."""
    if len(text) > _HEADLINE_LENGTH * MOST_CURATED:
        return None
    start = _plain(text[:_LONGEST_START] if text[:1].isalpha() else _bare(text[:_LONGEST_START]))
    return _line().match(text) if start.startswith(_STARTS.get(start[:_LOOKED_UP], ())) else None


@lru_cache(8192)
def _may_begin(start: str) -> bool:
    """Tell by its first letters whether a text can begin with a phrase: most cannot."""
    letters = start.isascii() and start[:1].isalpha() and start.replace(" ", "").isalpha()
    return not letters or start.lower() in _GLANCES


def _plain(start: str) -> str:
    """Return the beginning of a text as phrases are looked up by it."""
    if not start.isascii():
        start = start.casefold().translate(_ONE_I)
    return " ".join(start.lower().split())


def _key(text: str) -> str:
    """Return a label without case, marks and what decorates it."""
    return " ".join(_bare(unicodedata.normalize("NFKC", text)).casefold().split())


def _bare(text: str) -> str:
    """Return a text without the punctuation and symbols around it; vowel signs are no such thing."""
    start, end = 0, len(text)
    while start < end and (unicodedata.category(text[start])[0] in "PSZC" or text[start] == _AS_A_PICTURE):
        start += 1
    while end > start and unicodedata.category(text[end - 1])[0] in "PSZC":
        end -= 1
    return text[start:end]


def _keyed() -> Iterator[tuple[str, Label]]:
    for kind in reversed(Label):  # of a phrase that is of two kinds, the stronger
        for phrase in phrases(kind.name.lower()):
            yield _key(phrase), kind


def _by_start(all_phrases: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for phrase in dict.fromkeys(all_phrases):
        start = phrase[:_LOOKED_UP]
        found[start] = (*found.get(start, ()), phrase)
    return found


_LABELS = dict(_keyed())
# Looked up before the pattern is tried, which takes far longer: phrases by their first letters.
_STARTS = _by_start(_plain(phrase) for kind in Label for phrase in phrases(kind.name.lower()))
_GLANCES = frozenset(phrase[:_GLANCE] for several in _STARTS.values() for phrase in several)


@cache  # a seventh of what a command takes to begin, and no command needs it that only reads
def _line() -> regex.Pattern[str]:
    """Return the pattern of a line that begins with a label.

    What decorates a label before it is no letter: "➤ Read more:", "(Also read | ...", "【関連記事】".
    """
    every = {phrase for kind in Label for phrase in phrases(kind.name.lower())}
    found = "|".join(
        r"\s+".join(map(regex.escape, phrase.split())) for phrase in sorted(every, key=len, reverse=True)
    )
    return regex.compile(
        rf"[^\p{{L}}\p{{N}}]{{0,10}}(?P<label>{found})(?![\p{{L}}\p{{M}}])[\])】』」》]*"
        rf"(?P<mark>{_BETWEEN})?(?P<rest>.*)",
        regex.IGNORECASE | regex.DOTALL,
    )
