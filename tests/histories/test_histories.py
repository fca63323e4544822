"""A short random history over several processes; `make test-histories` plays a long one."""

from __future__ import annotations

from pathlib import Path

from tests.histories.play import a_player

OPERATIONS, SEED = 150, 7


def test_no_door_shows_or_tells_what_readers_may_not_see(tmp_path: Path) -> None:
    with a_player(tmp_path, SEED) as player:
        player.play(OPERATIONS)
    assert sum(player.done.values()) == OPERATIONS
