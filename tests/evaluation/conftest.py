"""A made-up publisher: its writers link to the last story of the same topic, and some to the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.case import Case, LinkRow, make_case
from recommender.evaluation.ours import Ours
from tests.arrays import EMBEDDER, START, story

COUNT = 96
TOPICS = 4
STORIES = [story(number, published=START + timedelta(days=5 * number)) for number in range(COUNT)]
LINKS = [LinkRow(f"s{number}", f"s{number - TOPICS}") for number in range(2 * TOPICS, COUNT)] + [
    LinkRow(f"s{number}", f"s{number - 2 * TOPICS}") for number in range(2 * TOPICS, COUNT, 3)
]
TAGGED = [
    replace(one, tags=("Flood", "river") if number % 4 == 0 else ("VOTES",) if number % 4 == 1 else ())
    for number, one in enumerate(STORIES)
]


@pytest.fixture(scope="session")
def case() -> Case:
    return make_case(TAGGED, LINKS)


@pytest.fixture(scope="session")
def engine(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("evaluation") / "archive"
    with Archive.create(path, embedder=EMBEDDER) as archive:
        archive.add(case.stories)
        yield Engine(archive)


@pytest.fixture(scope="session")
def ours(case: Case, engine: Engine) -> Ours:
    return Ours(case, engine)


@pytest.fixture(scope="session")
def history(case: Case, engine: Engine) -> Ours:
    return Ours(case, engine, history=True)
