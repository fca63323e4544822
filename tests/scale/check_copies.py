"""Three services and two workers over one catalog and one server of vectors keep the laws of one machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender import Recommender
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.scale.copies import copies, line
from tests.service.month import Month
from tests.service.month_acts import SLOW, Stage, earlier_and_month, play_month
from tests.service.receiver import Receiver

FEW = 10  # stories that the archive holds when the month begins
FULL = "least_score = 0.0\n"  # blocks of few stories are full, whatever these say


@pytest.fixture
def engine(
    server: str, postgres_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name a fresh catalog, and a server of vectors."""
    address = {"pgvector": postgres_url, "milvus": ""}[server] or request.getfixturevalue("milvus_url")
    monkeypatch.setenv("RELATED_CATALOG_URL", postgres_url)
    monkeypatch.setenv("RELATED_INDEX_ENGINE", server)
    monkeypatch.setenv("RELATED_INDEX_URL", address)


@pytest.mark.timeout(SLOW)
@pytest.mark.usefixtures("engine")
def test_a_month(tmp_path: Path) -> None:
    earlier, days = earlier_and_month()
    earlier = earlier[-FEW:]
    receiver = Receiver()
    with copies(tmp_path, receiver.settings, FULL) as made:
        with Recommender.open(made.directory, embedder=HashEmbedder()) as recommender:
            recommender.add(Story.from_json(json.dumps(story)) for story in earlier)
        with (
            Newsroom.open(made.directory, embedder=HashEmbedder()) as desk,
            made.client() as client,
            made.http() as http,
        ):
            month = Month(http, desk)
            month.begin(story["id"] for story in earlier)
            play_month(Stage(month, client, made.directory, line, is_patient=False), earlier, days, receiver)
        assert receiver.repeated == 0
        for one in (*made.services, *made.workers):
            assert one.stop() == 0
    receiver.server.shutdown()
