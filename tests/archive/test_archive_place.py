"""Where an archive is: what one process names leads nowhere else, and its own archives stay with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.cli.archive_option import parsed
from recommender.newsroom import Newsroom
from tests.arrays import story
from tests.fakes import HashEmbedder

NOBODY = "postgresql://newsroom@127.0.0.1:1/related"  # no server listens there
SERVERS = {"CATALOG_URL": NOBODY, "INDEX_ENGINE": "pgvector", "INDEX_URL": NOBODY}


@pytest.fixture
def _servers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVERS.items():
        monkeypatch.setenv(f"RELATED_{name}", value)


@pytest.mark.usefixtures("_servers")
def test_an_archive_for_work_of_the_process_is_a_directory_alone(tmp_path: Path) -> None:
    place = ArchivePlace.alone(tmp_path / "own")
    with Archive.create(place, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(8)])
    with Archive.open(place, embedder=HashEmbedder()) as archive:
        assert len(archive.view.store) == 8
        assert archive.view.engine.settings.engine == "faiss"
    assert ArchivePlace.of(tmp_path / "own").catalog != place.catalog


@pytest.mark.usefixtures("_servers")
def test_helpers_of_such_an_archive_open_it_too(tmp_path: Path) -> None:
    with Newsroom.create(ArchivePlace.alone(tmp_path / "own"), embedder=HashEmbedder()) as newsroom:
        newsroom.archive.add([story(n) for n in range(8)])
        with newsroom.archive_pass() as work:
            assert work.run(workers=1).made == 8


def test_what_a_command_is_given_leads_no_other_archive_to_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    named = parsed(NOBODY)
    assert ArchivePlace.of(named).server == ArchivePlace.of(NOBODY).server
    assert ArchivePlace.of(tmp_path / "another").server is None


@pytest.mark.parametrize(
    "place",
    [
        ArchivePlace(Path("news")),
        ArchivePlace.alone(Path("news")),
        ArchivePlace(Path("news"), ArchivePlace.of(NOBODY.replace("@", ":s%40cret@")).server),
    ],
)
def test_a_helper_is_told_the_whole_place(place: ArchivePlace, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in place.for_helper().items():
        monkeypatch.setenv(name, value)
    assert ArchivePlace.of_helper() == place
