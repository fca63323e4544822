"""The link graph is read again when the archive has changed, at once while that is cheap."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender import past
from recommender.archive import Archive
from recommender.catalog import NewLink
from tests.arrays import START, story
from tests.fakes import HashEmbedder


def links(archive: Archive) -> list[tuple[int, int]]:
    archive.catch_up()
    graph = archive.link_graph()
    return list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))


def linked(archive: Archive, source: str, target: str) -> None:
    archive.catalog.add_links([NewLink(source=source, target=target, set_at=int(START.timestamp()))], now=0)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive.create(tmp_path / "archive", embedder=HashEmbedder())
    made.add([story(number) for number in range(4)])
    return made


def test_a_new_link_is_known_at_once(archive: Archive) -> None:
    assert links(archive) == []
    linked(archive, "s3", "s1")
    assert links(archive) == [(4, 2)]


def test_nothing_is_read_again_while_nothing_changed(archive: Archive) -> None:
    assert archive.link_graph() is archive.link_graph()


def test_a_graph_that_takes_long_to_read_waits(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.link_graph()
    monkeypatch.setattr(past, "AT_ONCE", 0.0)
    monkeypatch.setattr(past, "PATIENCE", 1e9)
    linked(archive, "s3", "s1")
    assert links(archive) == []
    monkeypatch.setattr(past, "PATIENCE", 0)
    assert links(archive) == [(4, 2)]
