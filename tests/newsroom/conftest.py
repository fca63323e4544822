"""A newsroom over an archive of its own, fresh or filled, and its clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.newsroom import Newsroom
from tests.newsroom.world import Clock, filled, make


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def newsroom(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    with make(tmp_path / "archive", clock) as made:
        yield made


@pytest.fixture
def full(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    """Return a newsroom of the twelve stories of `in_turn`, and their blocks."""
    with filled(tmp_path / "archive", clock) as opened:
        yield opened
