"""Blocks as CSV (RFC 4180): one row a slot, for spreadsheets and databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.story.language_tags import tag_of
from recommender.story.timestamps import format_time

COLUMNS = (
    "source_id", "source_url", "position", "id", "url", "headline", "published", "section", "language",
    "role", "score", "pinned", "fallback",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for the beginning of one


def table(one: StoryBlock) -> str:
    """Return the rows of one block, under their names."""
    return "".join(tables([one], Site()))


def tables(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
    """Yield the rows of all blocks, under their names."""
    yield _line(COLUMNS)
    for one in blocks:
        yield from map(_line, _rows(one))


def _rows(one: StoryBlock) -> Iterator[tuple[object, ...]]:
    for slot in one.block.slots:
        story = slot.story
        yield (
            one.story.id, one.story.url, slot.position, story.id, story.url, _text(story.headline),
            format_time(story.published), _text(story.section or ""), tag_of(story), slot.role,
            f"{slot.score:.6g}", str(slot.pinned).lower(), str(slot.fallback).lower(),
        )  # fmt: skip


def _text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(values: Iterable[object]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow("" if value is None else value for value in values)
    return file.getvalue()
