"""An archive that moves to a PostgreSQL server, or from one, moves as from file to file: the same tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archive.test_migration import *  # noqa: F403
from tests.archive.test_migration import Ways, check_killed, filled


@pytest.fixture
def places(postgres_url: str, tmp_path: Path) -> Ways:
    return Ways(tmp_path / "news", postgres_url + "?schema=news")


@pytest.fixture(params=["files", "sums", "end"])
def point(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_killed_on_its_way_from_a_server(postgres_url: str, tmp_path: Path) -> None:
    check_killed(filled(Ways(postgres_url, tmp_path / "news")), "rows")
