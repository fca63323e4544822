"""The link graph follows the archive's changes, at once while that is cheap, and is saved with the rest."""

from __future__ import annotations

import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index import Snapshots
from recommender.archive import link_graph
from recommender.archive.archive import Archive
from recommender.archive.link_graph import LiveLinkGraph
from recommender.archive.private_files import DERIVED
from recommender.catalog import Catalog, Links
from recommender.errors import ArchiveError, NotFoundError
from recommender.ranking.link_history import LinkGraph
from recommender.story.story import Link, Story
from tests.arrays import START, story
from tests.fakes import HashEmbedder

SEED = 4


def links(archive: Archive) -> list[tuple[int, int]]:
    archive.catch_up()
    graph = archive.link_graph()
    return list(zip(graph.sources.tolist(), graph.targets.tolist(), strict=True))


def linked(archive: Archive, source: str, target: str) -> None:
    def with_link(held: Story) -> Story:
        return replace(held, links=(*held.links, Link(target=target, curated=True)))

    with suppress(NotFoundError):
        archive.catalog.amend(source, with_link, START.timestamp())


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    monkeypatch.setattr(link_graph, "AT_ONCE", 1e9)  # however busy the machine is
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
    monkeypatch.setattr(link_graph, "AT_ONCE", 0.0)
    monkeypatch.setattr(link_graph, "PATIENCE", 1e9)
    linked(archive, "s3", "s1")
    assert links(archive) == []
    monkeypatch.setattr(link_graph, "PATIENCE", 0)
    assert links(archive) == [(4, 2)]


def known(graph: LinkGraph) -> list[tuple[int, int, int]]:
    return list(zip(graph.sources.tolist(), graph.targets.tolist(), graph.set_at.tolist(), strict=True))


def test_what_is_brought_up_to_date_is_what_would_be_read(archive: Archive) -> None:
    chance = random.Random(SEED)
    for turn in range(60):
        ids = [f"s{number}" for number in range(12)]
        act = chance.choice(("add", "remove", "link", "save"))
        if act == "add":  # some new, some for the second time, some that a link has waited for
            some = [(number, Link(target=chance.choice(ids))) for number in chance.sample(range(12), 3)]
            archive.add(
                [
                    story(number, links=(link,), updated=START + timedelta(days=9, hours=turn))
                    for number, link in some
                ]
            )
        elif act == "remove":
            archive.remove(chance.sample(ids, 2))
        elif act == "link":
            linked(archive, *chance.sample(ids, 2))
        else:
            archive.save()
        if turn % 2:
            view = archive.catch_up()
            assert known(archive.link_graph()) == known(LiveLinkGraph(archive.catalog).graph(view)), turn
    with Archive.open(archive.path, embedder=HashEmbedder()) as reader:
        assert known(reader.link_graph()) == known(archive.link_graph()) != []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Collection[int] | None]:
    """Return the list of what links are read of; None is all."""
    found: list[Collection[int] | None] = []
    read = Catalog.links

    def listened(catalog: Catalog, nums: Collection[int] | None = None) -> Links:
        found.append(nums)
        return read(catalog, nums)

    monkeypatch.setattr(Catalog, "links", listened)
    return found


def test_a_reader_reads_no_links_but_those_that_changed(
    archive: Archive, asked: list[Collection[int] | None]
) -> None:
    linked(archive, "s3", "s1")
    archive.catch_up()
    archive.save()
    linked(archive, "s2", "s1")
    asked.clear()
    with Archive.open(archive.path, embedder=HashEmbedder()) as reader:
        assert links(reader) == [(3, 2), (4, 2)]
    assert asked == [[3]]


def test_links_of_more_stories_than_many_are_read_at_once(
    archive: Archive, asked: list[Collection[int] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert links(archive) == []
    monkeypatch.setattr(link_graph, "MANY", 1)
    linked(archive, "s3", "s1")
    linked(archive, "s2", "s1")
    asked.clear()
    assert links(archive) == [(3, 2), (4, 2)]
    assert asked == [None]


def test_a_snapshot_without_links_is_made_anew(archive: Archive) -> None:
    linked(archive, "s3", "s1")
    archive.catch_up()
    archive.save()
    before = Snapshots(archive.path / DERIVED).latest()
    (before.path / link_graph.FILE).unlink()
    with Archive.open(archive.path, embedder=HashEmbedder()) as reader:
        assert links(reader) == [(4, 2)]
    assert Snapshots(archive.path / DERIVED).latest().number > before.number


@pytest.mark.parametrize("content", [b"", b"no array", np.zeros((2, 3), np.float32)])
def test_damaged_links_are_told(
    archive: Archive, tmp_path: Path, content: bytes | NDArray[np.float32]
) -> None:
    file = tmp_path / link_graph.FILE
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.save(file, content)
    with pytest.raises(ArchiveError, match="rebuild the archive"):
        LiveLinkGraph(archive.catalog).load(tmp_path, 1)
