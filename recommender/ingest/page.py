"""The text of a bdnews24.com story page: the story, and the related stories that editors set under it.

Knows the order of the page's parts, and no other publisher's.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from recommender.errors import SourceError
from recommender.story.story import Story
from recommender.story.timestamps import format_time

_DATE_LINE = re.compile(r"date \d{4}-\d{2}-\d{2}\b")  # the page's own date, above the story
_PUBLISHED = re.compile(r"Published\s*:\s*(.+)")
_UPDATED = re.compile(r"Updated\s*:\s*(.+)")
_TIME_FORM = "%d %b %Y, %I:%M %p"  # 13 Oct 2022, 05:47 PM
_RELATED = "RELATED STORIES"
_TEASER = "Opinion"
_ENTRY_LINES = 3  # caption, headline, deck
_SLUG_LENGTH = 80


@dataclass(frozen=True, slots=True)
class CuratedEntry:
    """What the page shows of one related story."""

    caption: str
    headline: str
    deck: str


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A story and the block that editors set under it (empty when the page has none)."""

    story: Story
    curated: tuple[CuratedEntry, ...]


def read_page(
    text: str, *, zone: tzinfo, id: str | None = None, url: str | None = None, language: str | None = None
) -> StoryPage:
    """Read a page's text. Its date line above and the Opinion teaser below are furniture and left out.

    Parameters
    ----------
    text : str
        The page: headline, deck, agency, ``Published :`` and ``Updated :`` lines, body, and the block.
    zone : tzinfo
        The page's times name none: Asia/Dhaka for bdnews24.com.
    id, url, language : str or None
        What the text does not tell. The id is made from the headline when None.

    Raises
    ------
    SourceError
        If a part is missing or a time is not written as the page writes it.
    StoryError
        If the story itself is refused.
    """
    lines = [line.strip() for line in text.splitlines()]
    published_at = _find(_PUBLISHED, lines)
    head, rest = lines[:published_at], lines[published_at + 1 :]
    headline, deck, agency = _head(head)
    updated = _UPDATED.fullmatch(rest[0]) if rest else None
    body, related = _split(rest[1:] if updated else rest)
    story = Story.from_json(
        {
            "id": id or slug(headline),
            "url": url,
            "headline": headline,
            "deck": deck,
            "authors": [agency] if agency else [],
            "published": _time(_PUBLISHED.fullmatch(lines[published_at])),
            "updated": _time(updated),
            "language": language,
            "body": "\n\n".join(body),
        },
        zone=zone,
    )
    return StoryPage(story, _entries(related))


def curated_stories(page: StoryPage) -> tuple[Story, ...]:
    """Return the entries of the block as stories of their own, of which no more than this is known.

    Each counts as published when the page was: of its true time we only know that it is no later.
    """
    return tuple(
        Story.from_json(
            {
                "id": slug(entry.headline),
                "headline": entry.headline,
                "deck": entry.deck,
                "image": {"caption": entry.caption},
                "published": format_time(page.story.published),
                "language": page.story.language,
            }
        )
        for entry in page.curated
    )


def slug(headline: str) -> str:
    """Return an id made from `headline`: lower-case ASCII words and hyphens, at most 80 characters.

    A headline in a script without ASCII letters gives a digest instead.
    """
    plain = unicodedata.normalize("NFKD", headline).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")
    if len(words) > _SLUG_LENGTH:
        words = words[: _SLUG_LENGTH + 1].rpartition("-")[0] or words[:_SLUG_LENGTH]
    return words or hashlib.sha256(headline.encode()).hexdigest()[:16]


def _find(form: re.Pattern[str], lines: Sequence[str]) -> int:
    for place, line in enumerate(lines):
        if form.fullmatch(line):
            return place
    raise SourceError(
        'the page has no line "Published : 13 Oct 2022, 05:47 PM"; give the text of a story page'
    )


def _head(lines: Sequence[str]) -> tuple[str, str | None, str | None]:
    """Return headline, deck and agency; the agency stands right above the time, the deck may be missing."""
    agency = lines[-1] if lines and lines[-1] else None
    above = lines[:-1] if agency else lines
    match [line for line in above if line and not _DATE_LINE.match(line)]:
        case [headline]:
            return headline, None, agency
        case [headline, deck]:
            return headline, deck, agency
        case texts:
            raise SourceError(
                f"the page has {len(texts)} lines above its agency and time; it should have headline and deck"
            )


def _split(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the paragraphs of the body and the lines of the block."""
    texts = [line for line in lines if line]
    if _TEASER in texts:
        texts = texts[: len(texts) - 1 - texts[::-1].index(_TEASER)]
    if _RELATED not in texts:
        return texts, []
    place = texts.index(_RELATED)
    return texts[:place], texts[place + 1 :]


def _entries(lines: Sequence[str]) -> tuple[CuratedEntry, ...]:
    if len(lines) % _ENTRY_LINES:
        raise SourceError(
            f"the page's block of related stories has {len(lines)} lines; "
            "each story should have caption, headline and deck, a line each"
        )
    return tuple(CuratedEntry(*lines[at : at + _ENTRY_LINES]) for at in range(0, len(lines), _ENTRY_LINES))


def _time(found: re.Match[str] | None) -> str | None:
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _TIME_FORM).isoformat()
    except ValueError as error:
        raise SourceError(
            f'the page\'s time {found[1]!r} is not written as "13 Oct 2022, 05:47 PM"'
        ) from error
