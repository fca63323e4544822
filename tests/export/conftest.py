"""A newsroom with six stories and their blocks, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.newsroom.world import WIDE, Clock, fill, make


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Story]]:
    """An archive that no test may write to, and its stories."""
    path = tmp_path_factory.mktemp("filled") / "archive"
    with make(path, Clock()) as newsroom:
        return path, fill(newsroom, 6)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stories(filled: tuple[Path, list[Story]]) -> list[Story]:
    return filled[1]


@pytest.fixture
def newsroom(filled: tuple[Path, list[Story]], tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    shutil.copytree(filled[0], tmp_path / "archive")
    with Newsroom.open(tmp_path / "archive", WIDE, HashEmbedder(32), clock) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    with make(tmp_path / "empty", clock) as made:
        yield made
