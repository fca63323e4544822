"""An archive whose catalog is on PostgreSQL, used by copies that share nothing else."""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recommender import Recommender, Story
from recommender.archive.archive import Archive
from recommender.archive.backup import back_up, restore
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.upgrade import rehearse, upgrade
from recommender.archive.weights_journal import Journal
from recommender.catalog.settings import load_catalog_settings
from recommender.engine.block import Block
from recommender.errors import ArchiveError, NotFoundError
from recommender.ranking.weights import ARCHIVE_FILE, shipped
from tests.archive.test_learned_weights import named, take
from tests.cli.conftest import Related
from tests.cli.conftest import related as related
from tests.fakes import HashEmbedder
from tests.scale.postgres_server import PostgresServer

SOME = 80
SCALING = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("recommender.archive.learned_weights.LOOK_SECONDS", 0)


@pytest.fixture
def filled(postgres_url: str, stories_18f: tuple[Story, ...]) -> Iterator[Recommender]:
    with Recommender.create(postgres_url, embedder=HashEmbedder()) as recommender:
        recommender.add(stories_18f[:SOME])
        yield recommender


def shown(block: Block) -> list[str]:
    return [slot.story.id for slot in block]


def copy_of(recommender: Recommender, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Recommender:
    """Return another machine's view of the archive: it has a directory of its own, and the address."""
    with monkeypatch.context() as patch:
        patch.setenv("RELATED_CATALOG_URL", recommender.archive.catalog.address)
        return Recommender.open(directory, embedder=HashEmbedder())


def test_an_archive_on_a_server_answers_as_one_in_a_file(
    filled: Recommender, tmp_path: Path, stories_18f: tuple[Story, ...]
) -> None:
    with Recommender.create(tmp_path / "file", embedder=HashEmbedder()) as other:
        other.add(stories_18f[:SOME])
        for story in stories_18f[:SOME:5]:
            assert shown(filled.related(story.id)) == shown(other.related(story.id))
        assert filled.status().stories == other.status().stories == SOME


def test_what_one_copy_withdraws_no_copy_shows_from_then_on(
    filled: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stories_18f: tuple[Story, ...]
) -> None:
    withdrawn: list[str] = []
    with copy_of(filled, tmp_path / "two", monkeypatch) as other:
        for source in stories_18f[:12]:
            if source.id in withdrawn or not (ids := shown(other.newsroom.block(source.id))):
                continue
            withdrawn.append(ids[0])
            filled.newsroom.withdraw(ids[0])
            assert not set(withdrawn) & set(shown(other.newsroom.block(source.id)))
            assert not set(withdrawn) & set(shown(filled.newsroom.block(source.id)))
    assert withdrawn


def test_work_is_done_by_one_copy_and_taken_over_when_that_ends(
    filled: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with copy_of(filled, tmp_path / "two", monkeypatch) as other:
        first, second = (each.archive.catalog.claim("worker.lock") for each in (filled, other))
        elsewhere = other.archive.catalog.claim("follow.lock")
        assert first.take()
        assert first.take()
        assert not second.take()
        assert elsewhere.take()
        first.give_back()
        assert second.take()
        assert not first.take()
        second.give_back()


def test_who_takes_the_work_over_leaves_the_blocks_of_the_others(
    filled: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stories_18f: tuple[Story, ...]
) -> None:
    filled.add(stories_18f[SOME : SOME + 20])
    with copy_of(filled, tmp_path / "two", monkeypatch) as other:
        models = [each.archive.view.hybrid for each in (filled, other)]
        assert len({model.version for model in models if model}) == 2  # fitted at different times
        with filled.newsroom.archive_pass() as work:
            assert work.run(workers=0).made == SOME + 20
        for copy in (other, filled):
            assert copy.newsroom.backlog().stale == 0
            with copy.newsroom.archive_pass() as work:
                assert work.run(workers=0).made == 0


def test_weights_that_one_copy_learns_rank_at_all_and_are_undone_at_any(
    filled: Recommender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours = LearnedWeights(filled.archive)
    assert take(ours, "one")
    assert take(ours, "two")
    with copy_of(filled, tmp_path / "two", monkeypatch) as other:
        theirs = LearnedWeights(other.archive)

        def by(*, all_: bool = True) -> list[str]:
            return [each.engine.ranker.model.version for each in ((filled, other) if all_ else (other,))]

        assert by() == ["two", "two"]
        assert not take(theirs, "late", begun=Journal())
        theirs.go_back(100, "by hand")
        assert by() == ["one", "one"]
        (other.archive.path / ARCHIVE_FILE).write_text(named("two").to_json())  # as a copy of old files has
        with caplog.at_level(logging.WARNING):
            assert take(ours, "three")
            assert by() == ["three", "three"]
            assert not caplog.records
            filled.archive.catalog.change_setting("learned_weights", of_a_newer_version)
            assert by(all_=False) == ["three"]
        assert "upgrade; the ranking stays as it is" in caplog.text
        filled.archive.catalog.change_setting("learned_weights", lambda held: held | {"current": 0})
        assert by() == [shipped().model.version] * 2


def of_a_newer_version(held: Any) -> object:
    newest = held["versions"][-1]
    return held | {"versions": [*held["versions"][:-1], newest | {"text": '{"format": 99}'}]}


def test_a_machine_that_lost_its_directory_derives_all_anew(
    filled: Recommender, stories_18f: tuple[Story, ...]
) -> None:
    before = shown(filled.related(stories_18f[0].id))
    address, directory = filled.archive.catalog.address, filled.archive.path
    filled.close()
    subprocess.run(["rm", "-r", str(directory)], check=True)
    with Recommender.open(address, embedder=HashEmbedder()) as again:
        assert again.archive.path == directory
        assert shown(again.related(stories_18f[0].id)) == before


def test_the_password_comes_from_a_mounted_file_and_goes_nowhere(
    postgres_server: PostgresServer, related: Related, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(postgres_server.password + "\n")
    bare = postgres_server.fresh().replace(f":{postgres_server.password}@", "@")
    monkeypatch.setenv("RELATED_CATALOG_PASSWORD_FILE", str(secret))
    answers = [
        related(*words, "--archive", bare)
        for words in (["init"], ["status", "--json"], ["settings"], ["list"], ["doctor"])
    ]
    said = [answer.out + answer.err for answer in answers]
    assert not [answer for answer in answers[:-1] if answer.code]
    assert not [words for words in said if postgres_server.password in words]
    for file in (tmp_path / "cache").rglob("*"):
        assert not file.is_file() or postgres_server.password.encode() not in file.read_bytes()
    held = load_catalog_settings(None, os.environ | {"RELATED_CATALOG_URL": bare})
    assert held.address is not None
    assert held.address.url.password == postgres_server.password
    assert postgres_server.password not in repr(held)


def test_what_is_for_files_says_so(
    filled: Recommender,
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RELATED_CATALOG_URL", filled.archive.catalog.address)
    path = filled.archive.path
    for way, refused in (
        ("pg_dump --format=custom --schema=related --file=FILE", lambda: back_up(path, tmp_path / "backup")),
        ("pg_restore --exit-on-error", lambda: restore(tmp_path / "backup", path)),
        ("restore a dump into another database", lambda: upgrade(path)),
        ("restore a dump into another database", lambda: rehearse(path)),
    ):
        with pytest.raises(ArchiveError, match=way) as told:
            refused()
        assert "docs/scaling.md" in str(told.value)
        assert postgres_server.password not in str(told.value)


def test_a_dump_by_the_documented_commands_comes_back_and_answers_the_same(
    filled: Recommender,
    postgres_server: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stories_18f: tuple[Story, ...],
) -> None:
    """With stories withdrawn before it, and none that came after it; the first archive stays as it is."""
    ids = [story.id for story in stories_18f[:SOME]]
    filled.newsroom.withdraw(ids[3])
    before = {id: shown(filled.newsroom.block(id)) for id in ids if id != ids[3]}
    address = filled.archive.catalog.address.partition("?")[0]
    again = f"{address}_again"
    dump, new, back = (
        re.search(rf"^{words}.+$", SCALING, re.M) for words in ("pg_dump", "createdb", "pg_restore")
    )
    assert dump
    assert new
    assert back
    postgres_server.tool(dump[0].replace("postgresql://newsroom@db.example/related", address), tmp_path)
    filled.newsroom.withdraw(ids[4])
    server = address.rpartition("/")[0]
    monkeypatch.setenv("PGPASSWORD", postgres_server.password)
    for command in (new[0], back[0]):
        words = command.replace("postgresql://newsroom@db.example/again", again)
        words = words.replace("postgresql://newsroom@db.example", server)
        postgres_server.tool(words.replace(" again", f" {again.rpartition('/')[2]}"), tmp_path)
    with Recommender.open(again, embedder=HashEmbedder()) as restored:
        assert restored.archive.path != filled.archive.path
        assert {id: shown(restored.newsroom.block(id)) for id in before} == before
        assert not restored.newsroom.archive.catalog.read_only
        restored.newsroom.withdraw(ids[5])
    assert not any(ids[4] in shown(filled.newsroom.block(id)) for id in ids[5:])


def test_there_is_no_archive_before_it_is_made(postgres_url: str) -> None:
    with pytest.raises(NotFoundError, match="related init"):
        Archive.open(postgres_url)
