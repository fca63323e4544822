"""A real month of a newsroom, played against the service in its own process, with the real model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from recommender import Recommender
from recommender.client import Client
from recommender.embedding import Embedder
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.service.month import Month
from tests.service.month_acts import SLOW, Stage, earlier_and_month, play_month
from tests.service.receiver import Raw, Receiver
from tests.service.running import Running, add_key, serve_words


@pytest.fixture(scope="module")
def seeds() -> tuple[list[Raw], list[list[Raw]]]:
    return earlier_and_month()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()


@pytest.fixture
def stage(
    tmp_path: Path,
    seeds: tuple[list[Raw], list[list[Raw]]],
    embedder: Embedder,
    model_cache: Path,
    receiver: Receiver,
) -> Iterator[Stage]:
    archive = tmp_path / "archive"
    with Recommender.create(archive, embedder=embedder) as recommender:
        recommender.add(Story.from_json(json.dumps(story)) for story in seeds[0])
    limits = "[service]\nwrites_per_second = 1e6\nreads_per_second = 1e6\n"
    (archive / "related.toml").write_text(limits + receiver.settings, "utf-8")
    key, env = add_key(archive, "cms"), {"RELATED_MODEL_CACHE": str(model_cache)}
    headers = {"authorization": f"Bearer {key}"}
    with (
        Newsroom.open(archive, embedder=embedder) as desk,
        Running(archive, env, serve_words(archive)) as running,
        Client(running.url, key, timeout=120) as client,
        httpx.Client(base_url=running.url, headers=headers, timeout=120) as http,
    ):
        month = Month(http, desk)
        month.begin(story["id"] for story in seeds[0])
        yield Stage(month, client, archive, env=env)
        assert not any("traceback" in line for line in running.log)
        assert running.stop() == 0


@pytest.mark.timeout(SLOW)
def test_a_month(stage: Stage, seeds: tuple[list[Raw], list[list[Raw]]], receiver: Receiver) -> None:
    play_month(stage, *seeds, receiver)
