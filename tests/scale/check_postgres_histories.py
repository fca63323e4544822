"""A random history over processes that share nothing but a catalog on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from tests.histories.play import a_player

OPERATIONS, SEED = 200, 7


def test_no_door_shows_or_tells_what_readers_may_not_see(tmp_path: Path, postgres_url: str) -> None:
    with a_player(tmp_path, SEED, postgres_url) as player:
        player.play(OPERATIONS)
    assert sum(player.done.values()) == OPERATIONS
