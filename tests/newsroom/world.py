"""A small world for the newsroom's tests: a clock that is set, stories of few words, blocks as ids."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recommender import Block, Settings, Story
from recommender.newsroom import BlockChange, Newsroom
from tests.fakes import HashEmbedder

MAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
START = MAY.timestamp()
SLOTS = 4  # one more than a story of `fill` has neighbours on its subject: the next one enters
SUBJECTS = ("flood rain river dike", "vote poll party seat", "goal match cup league")
# The whole diff, however slow the machine; and slots for stories of three made-up words, which tell no more.
WIDE = Settings(slots=SLOTS, diff_blocks=50, diff_seconds=60.0, least_score=0)


class Clock:
    """Says what it was told."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def a_story(id: str, words: str = SUBJECTS[0], *, hours: float = -1, **fields: Any) -> Story:
    """Return a story that was published so many hours after noon of the first of May.

    It shares the words of its subject with others and has as many of its own, so that none is a copy.
    """
    own = " ".join(f"{id}{letter}" for letter in "abcdefghijkl")
    values = {
        "headline": f"{words.split()[0]} {id} {id}z",
        "body": f"{words} {own}",
        "url": f"https://a.example/{id}",
        "published": MAY + timedelta(hours=hours),
    }
    return Story(id=id, **(values | fields))


def at(hours: float) -> datetime:
    """Return the time so many hours after noon of the first of May."""
    return MAY + timedelta(hours=hours)


def corrected(story: Story, **fields: Any) -> Story:
    """Return a later version of a story."""
    return replace(story, **({"updated": at(0)} | fields))


def make(path: Path, clock: Clock, settings: Settings = WIDE) -> Newsroom:
    """Return a newsroom over an empty archive."""
    return Newsroom.create(path, settings, HashEmbedder(32), clock)


def another(newsroom: Newsroom, settings: Settings = WIDE) -> Newsroom:
    """Return a newsroom over the same archive that shares nothing in memory with it."""
    return Newsroom.open(newsroom.archive.path, settings, HashEmbedder(32), newsroom.engine.clock)


def fill(newsroom: Newsroom, count: int = 12) -> list[Story]:
    """Publish stories on three subjects in turn, an hour apart, and make all blocks."""
    stories = in_turn(count)
    for story in stories:
        newsroom.publish(story)
    drain(newsroom)
    return stories


def in_turn(count: int = 12) -> list[Story]:
    """Return the stories that `fill` publishes."""
    return [a_story(f"{SUBJECTS[n % 3].split()[0]}{n}", SUBJECTS[n % 3], hours=n - 40) for n in range(count)]


def filled(path: Path, clock: Clock, count: int = 12) -> Newsroom:
    """Return a newsroom that was filled, once for all who want one of so many stories."""
    shutil.copytree(f"{_filled(count).name}/archive", path)
    return Newsroom.open(path, WIDE, HashEmbedder(32), clock)


@cache
def _filled(count: int) -> TemporaryDirectory[str]:
    home = TemporaryDirectory()
    with make(Path(home.name) / "archive", Clock()) as newsroom:
        fill(newsroom, count)
    return home


def drain(newsroom: Newsroom) -> list[BlockChange]:
    """Do all the background work there is, and return the diff."""
    changes = newsroom.run_due()
    while more := newsroom.refresh(1000, 60.0):
        changes += more
    return changes


def ids(block: Block) -> list[str]:
    """Return the ids of a block's stories, in order."""
    return [slot.story.id for slot in block.slots]


def blocks_of(newsroom: Newsroom, stories: Iterable[Story]) -> dict[str, list[str]]:
    """Return what readers see in each block."""
    return {story.id: ids(newsroom.block(story.id)) for story in stories}


def members(blocks: dict[str, list[str]]) -> dict[str, set[str]]:
    """Return who stands in each block: in a tiny archive near ties may fall either way."""
    return {id: set(block) for id, block in blocks.items()}


def exchanged(changes: Iterable[BlockChange]) -> dict[str, tuple[set[str], set[str]]]:
    """Return who went and who came, by block; blocks of which only the order changed are left out."""
    pairs = {c.source: (set(c.before) - set(c.after), set(c.after) - set(c.before)) for c in changes}
    return {source: pair for source, pair in pairs.items() if pair != (set(), set())}
