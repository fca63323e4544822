"""A random history over three services, two workers and others that share nothing but servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.histories.play import a_player

OPERATIONS, ANSWERS, SEED = 60, 1000, 7


def test_no_door_shows_or_tells_what_readers_may_not_see(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_INDEX_ENGINE", "pgvector")
    monkeypatch.setenv("RELATED_INDEX_URL", postgres_url)
    with a_player(tmp_path, SEED, postgres_url) as player:
        player.play(OPERATIONS)
        player.ask_all_copies(ANSWERS)
    assert sum(player.done.values()) == OPERATIONS
