"""A service that leaves what is due to others, and a process that does it and answers nobody."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from recommender.errors import SettingsError
from recommender.newsroom import Newsroom
from recommender.service.publishers_settings import settings_of
from recommender.service.settings import ServiceSettings
from tests.fakes import HashEmbedder
from tests.service.cases import story
from tests.service.running import WORKING, Running, add_key, make_archive, make_directory
from tests.service.test_processes import LINE

PATIENCE = 120.0  # seconds: a loaded machine is slow, not wrong


def test_what_a_service_leaves_is_done_by_a_process_that_does_nothing_else(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", "[service]\nworks = false\n")
    key, soon = add_key(archive, "cms"), datetime.now(UTC) + timedelta(seconds=1)
    with Running(archive) as service, service.client(key) as client:
        client.publish(story("ferry-1"))
        client.publish(story("ferry-2", day=2, embargo_until=soon.isoformat()))
        assert set(httpx.get(f"{service.url}/ready").json()["checks"]) == {
            *("archive", "storing", "vectors", "model")
        }
        command = [*LINE, "work", "--archive", str(archive)]
        with (
            Running(archive, command=command, says=WORKING) as worker,
            Newsroom.open(archive, embedder=HashEmbedder()) as newsroom,
        ):
            ends = time.monotonic() + PATIENCE
            while not any("ferry-2" in each.change.after for each in newsroom.purges(0, 100)):
                assert time.monotonic() < ends, "nobody was told that the embargo ended"
                time.sleep(0.05)
            assert worker.stop() == 0
            assert worker.log[-1]["event"] == "stopped"


def test_one_process_for_many_publishers_works_for_all(tmp_path: Path) -> None:
    path = make_directory(tmp_path / "gazette", "[service]\nworks = false\n")
    with pytest.raises(SettingsError, match=r"works is false, and one process .*; take it out of .*gazette"):
        settings_of(path, ServiceSettings())
