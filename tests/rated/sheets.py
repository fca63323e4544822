"""The rated sheets, and which half of them a test asserts on."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

import msgspec

from recommender.ingest.jsonl import read_stories
from recommender.ingest.page import curated_stories, read_page
from recommender.story.story import Story

HERE = Path(__file__).resolve().parent
SEEDS = HERE.parent.parent / "seeds"


class RatedSlot(NamedTuple):
    """A slot, its verdict (2 to be set, 1 acceptable, 0 unrelated), and the score that it had then."""

    source: str
    target: str
    verdict: int
    score: float


class Ranked(msgspec.Struct):
    """Made by scripts/draw_rated.py: the weights that ranked, and what each slot is worth by standing."""

    weights: str
    pages: dict[str, dict[str, float]]


class RatedReason(NamedTuple):
    """A role or a reason of a slot, and whether it fits."""

    source: str
    target: str
    what: str
    said: str
    fits: bool


def is_held(source: str) -> bool:
    """Return whether the slots of a page are for the tests; the others are for who tunes."""
    return crc32(source.encode()) % 2 == 1


def slots(sheet: str = "slots.tsv") -> list[RatedSlot]:
    """Return a sheet of slots."""
    return [
        RatedSlot(row["source"], row["target"], int(row["verdict"]), float(row["score"]))
        for row in _rows(sheet)
    ]


def served() -> list[RatedSlot]:
    """Return the sheet of slots that readers were shown."""
    return slots("served_slots.tsv")


def later() -> list[RatedSlot]:
    """Return the sheet of slots that later weights brought to the pages of both others."""
    return slots("later_slots.tsv")


def verdicts() -> dict[tuple[str, str], int]:
    """Return every verdict, by page and story."""
    return {(slot.source, slot.target): slot.verdict for slot in [*slots(), *served(), *later()]}


def ranked() -> Ranked:
    """Return the rated pages as the shipped weights rank them."""
    return msgspec.json.decode((HERE / "ranked.json").read_bytes(), type=Ranked)


def reasons(sheet: str = "reasons.tsv") -> list[RatedReason]:
    """Return a sheet of roles and reasons."""
    return [
        RatedReason(row["source"], row["target"], row["what"], row["said"], row["verdict"] == "1")
        for row in _rows(sheet)
    ]


def served_reasons() -> list[RatedReason]:
    """Return the sheet of roles and reasons of the slots that readers were shown."""
    return reasons("served_reasons.tsv")


def stories() -> dict[str, Story]:
    """Return the stories of the demo archive by id."""
    page = read_page(
        (SEEDS / "bdnews24" / "article.txt").read_text("utf-8"), zone=ZoneInfo("Asia/Dhaka"), language="en"
    )
    files = (SEEDS / name / "articles.jsonl" for name in ("digitalgov", "wikinews"))
    found = [page.story, *curated_stories(page)]
    found += [story for file in files for story in read_stories(file) if isinstance(story, Story)]
    return {story.id: story for story in found}


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
