"""Run by the crash tests in a process of its own: changes an archive and says what was acknowledged."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import sklearn.decomposition  # noqa: F401 (loaded once, before the processes are forked)

from recommender import Story
from recommender.archive import live_view
from recommender.archive.archive import Archive
from tests.arrays import story
from tests.fakes import HashEmbedder

MOST_STORIES = 200
SMALL_BATCH, SOON = 3, 25  # changes; so that a kill often meets a commit, a fit or a snapshot

Headlines = dict[str, str | None]
"""What was acknowledged: the headline of each story, None for one that was removed."""


def version(number: int, turn: int) -> Story:
    """Return the story as it is written in one turn; later turns have later versions."""
    first = story(number)
    headline = f"{first.headline} {turn}"
    return replace(first, headline=headline, updated=first.published + timedelta(minutes=turn))


def write_until_killed(path: Path, seed: int, told: Connection) -> None:
    """Add, update and remove; send what is about to be done, and an empty message once it is acknowledged."""
    live_view.SNAPSHOT_AFTER = SOON
    noise = random.Random(seed)
    told.send({})
    with Archive.open(path, embedder=HashEmbedder()) as opened:
        turn = seed * 1000
        while True:
            turn += 1
            numbers = [noise.randrange(MOST_STORIES) for _ in range(SMALL_BATCH)]
            if noise.random() < 0.2:
                ids = [f"s{number}" for number in numbers]
                told.send(dict.fromkeys(ids))
                opened.remove(ids)
            else:
                stories = {f"s{number}": version(number, turn) for number in numbers}
                told.send({one.id: one.headline for one in stories.values()})
                opened.add(stories.values())
            told.send({})
