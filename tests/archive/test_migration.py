"""A moved archive is the same archive: every answer and file of it, killed or not; it is read meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommender import Recommender
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.backup import back_up, restore
from recommender.archive.migration import CLAIM, give_up, migrate
from recommender.catalog.standstill import moves_to, stand_still
from recommender.engine.block import Block
from recommender.errors import ArchiveBusyError, ArchiveDiskError, ArchiveError, NotFoundError
from recommender.newsroom import Newsroom
from recommender.service.app import create_app
from recommender.service.keys import Keyring, Right
from recommender.service.settings import ServiceSettings
from tests.arrays import story
from tests.cli.conftest import Related
from tests.cli.conftest import related as related
from tests.fakes import HashEmbedder

ROOT = Path(__file__).parents[2]
STORIES = [story(n, url=f"https://news.example/{n}") for n in range(1, 41)]
LEFT = [one.id for one in STORIES if one.id not in ("s4", "s40")]
TOML = 'slots = 4\n\n[ catalog ]  # none\nurl = ""\n\n[page]\nheading = "More"\n'
OF_THE_MACHINE = ("path", "catalog_bytes", "derived_bytes", "generation", "problems")
Place = str | Path


@dataclass(frozen=True)
class Ways:
    """Two places: where an archive is, and where there is none yet."""

    source: Place
    target: Place


@pytest.fixture(autouse=True)
def _own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def places(tmp_path: Path) -> Ways:
    return Ways(tmp_path / "news", tmp_path / "again")


@pytest.fixture
def ways(places: Ways) -> Ways:
    return filled(places)


@pytest.fixture(params=["begin", "end"])
def point(request: pytest.FixtureRequest) -> str:
    """Return at which point it is killed; the others are asked for in tests/scale."""
    return str(request.param)


def filled(places: Ways) -> Ways:
    """Return the ways of an archive of forty stories, with what editors did and with files beside it."""
    with opened(places.source, Recommender.create) as recommender:
        recommender.add(STORIES)
        newsroom = recommender.newsroom
        newsroom.pin("s9", "s3", 1, "sports-desk")
        newsroom.exclude("s9", "s5", "sports-desk")
        for id in ("s1", "s9", "s20", "s33"):
            newsroom.block(id)
        newsroom.withdraw("s4")
        recommender.remove("s40")
        recommender.archive.save()
        directory = recommender.archive.path
    write(directory / "related.toml", TOML)
    write(directory / "pushes" / "news.json", "{}")
    write(directory / "pushes" / "news.json.lock", "")
    return places


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)


def opened(place: Place, how: Callable[..., Recommender] = Recommender.open) -> Recommender:
    return how(place, embedder=HashEmbedder())


def ids(block: Block) -> list[str]:
    """Return whom a block shows, made just now: its scores are of its second."""
    return [slot.story.id for slot in block]


def answers(place: Place) -> dict[str, Any]:
    """Return all that readers may ask, by way of the engine, too."""
    with opened(place) as recommender:
        found: dict[str, Any] = {id: recommender.newsroom.block(id).to_dict() for id in LEFT}
        found |= {f"engine {id}": ids(recommender.related(id, engine=True)) for id in LEFT[::5]}
        found["similar"] = ids(recommender.similar("river flood rescue"))
        found["history"] = recommender.newsroom.history("s9")
        return found


def told(related: Related, place: Place) -> list[Any]:
    """Return what commands say of an archive, but for what each machine has for itself."""
    commands = (["get", "s4"], ["get", "s9"], ["list"], ["history", "s9"], ["purges"], ["status"])
    *said, status = [related(*words, "--json", "--archive", place).json for words in commands]
    for name in OF_THE_MACHINE:
        del status[name]
    # Blocks are made anew where the catalog comes to several machines, and of equals any is told of first.
    del status["blocks"]["stale"], status["blocks"]["most_linked"]
    return [*said, status]


def ask(newsroom: Newsroom, *requests: tuple[str, str], key: str = "") -> list[httpx.Response]:
    async def asked() -> list[httpx.Response]:
        transport = httpx.ASGITransport(create_app(newsroom, ServiceSettings(open_reads=True)))
        headers = {"authorization": f"Bearer {key}"} if key else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
            return [await client.request(method, path) for method, path in requests]

    return asyncio.run(asked())


def test_it_answers_the_same_at_the_new_place_and_goes_on_there(ways: Ways, related: Related) -> None:
    before, said = answers(ways.source), told(related, ways.source)
    moved = related("migrate", ways.source, ways.target, "--json").json
    assert moved["stories"] == moved["tables"]["story"]["rows"] == len(STORIES) - 1
    for there, here in zip(told(related, ways.target), said, strict=True):
        assert there == here
    assert answers(ways.target) == before
    with opened(ways.target) as recommender:
        assert recommender.add([story(40), story(50)]).added == 2
        assert recommender.newsroom.block("s50").slots
        assert recommender.newsroom.withdraw("s9").outcome


def test_files_come_along_and_name_no_other_catalog(ways: Ways) -> None:
    directory = migrate(ways.source, ways.target).directory
    assert tomllib.loads((directory / "related.toml").read_text()) == {
        "slots": 4,
        "page": {"heading": "More"},
    }
    assert (directory / "related.toml").stat().st_mode & 0o077 == 0
    assert (directory / "pushes" / "news.json").read_text() == "{}"
    assert not (directory / "pushes" / "news.json.lock").exists()
    with opened(ways.target) as recommender:
        assert recommender.status().generation == 1  # what is derived was not derived anew


def test_settings_that_the_new_place_has_are_kept(ways: Ways) -> None:
    directory = ArchivePlace.of(ways.target).directory
    directory.mkdir(parents=True)
    write(directory / "related.toml", "slots = 3\n")
    migrate(ways.source, ways.target)
    assert (directory / "related.toml").read_text() == "slots = 3\n"


def test_settings_that_cannot_come_along_keep_it_where_it_is(ways: Ways) -> None:
    write(ArchivePlace.of(ways.source).directory / "related.toml", 'catalog.url = ""\n')
    with pytest.raises(ArchiveError, match=r"related\.toml: .* write it below a line \[catalog\]"):
        migrate(ways.source, ways.target)
    with opened(ways.source) as recommender:
        assert recommender.add([story(60)]).added == 1


def test_it_is_read_while_it_moves_and_writes_are_refused_in_words(ways: Ways) -> None:
    with opened(ways.source) as recommender, opened(ways.source) as mover:
        newsroom, catalog = recommender.newsroom, recommender.archive.catalog
        key = Keyring(catalog).add("cms", [Right.READ, Right.PUBLISH])
        before = newsroom.block("s2").to_dict()
        stand_still(mover.archive.catalog, "postgresql://db.example/news")
        assert newsroom.block("s2").to_dict() == before
        assert all(newsroom.block(id).slots for id in LEFT)  # also those that were never made
        with pytest.raises(ArchiveDiskError, match=r"moves to postgresql://db\.example/news, write there"):
            recommender.add([story(60)])
        deleted, block, ready, metrics = ask(
            newsroom,
            ("DELETE", "/stories/s2"),
            ("GET", "/stories/s2/related"),
            ("GET", "/ready"),
            ("GET", "/metrics"),
            key=key,
        )
        assert deleted.status_code == 503
        assert "moves to postgresql://db.example/news" in deleted.json()["detail"]
        assert block.json()["slots"]
        checks = ready.json()["checks"]
        assert (checks["archive"], checks["storing"]) == ("ok", "read-only")  # no fault of this service's
        assert "related_storing 0.0" in metrics.text
        assert "moves, or has moved, to postgresql://" in " ".join(recommender.status().problems)
        assert give_up(ways.source) == "postgresql://db.example/news"
        assert recommender.add([story(60)]).added == 1
        assert give_up(ways.source) == ""


def test_the_old_one_is_only_read_from_then_on_and_says_where_to_go(ways: Ways) -> None:
    moved = migrate(ways.source, ways.target)
    with opened(ways.source) as recommender:
        assert recommender.newsroom.block("s9").slots[0].story.id == "s3"
        with pytest.raises(ArchiveDiskError, match="write there once that is done; nothing was written"):
            recommender.newsroom.withdraw("s9")
    again = migrate(ways.source, ways.target)
    assert (again.to, again.tables) == (moved.to, {})
    assert again.to == give_up(ways.source)
    with opened(ways.source) as recommender:
        assert recommender.newsroom.withdraw("s9").outcome
    with opened(ways.target) as recommender:
        assert not moves_to(recommender.archive.catalog)


def test_and_back_again(ways: Ways, tmp_path: Path) -> None:
    before = answers(ways.source)
    migrate(ways.source, ways.target)
    migrate(ways.target, tmp_path / "back")
    assert answers(tmp_path / "back") == before


def test_there_is_one_place_at_a_time_and_one_that_moves_it(ways: Ways, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is both; name another place"):
        migrate(ways.source, ways.source)
    with pytest.raises(NotFoundError):
        migrate(tmp_path / "none", ways.target)
    with opened(ways.source) as recommender:
        claim = recommender.archive.catalog.claim(CLAIM)
        assert claim.take()
        with pytest.raises(ArchiveBusyError, match="another process moves it"):
            migrate(ways.source, ways.target)
        claim.give_back()
        stand_still(recommender.archive.catalog, "elsewhere")
        with pytest.raises(ArchiveError, match="moves to elsewhere: go on with that, or give it up"):
            migrate(ways.source, ways.target)
    give_up(ways.source)
    with opened(ways.target, Recommender.create):
        pass
    with pytest.raises(ArchiveError, match="exists already; move to another place"):
        migrate(ways.source, ways.target)
    with opened(ways.source) as recommender:
        assert recommender.add([story(60)]).added == 1


def test_a_backup_of_what_moved_takes_writes_where_it_is_restored(ways: Ways, tmp_path: Path) -> None:
    migrate(ways.source, ways.target)
    if isinstance(ways.source, str):
        return  # a server's backups are its own
    back_up(ways.source, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    with opened(tmp_path / "restored") as recommender:
        assert recommender.add([story(60)]).added == 1


KILLED = """
import os, signal, sys
from recommender.archive import migration
from recommender.catalog import copying

point, source, target = sys.argv[1:]
where = {"files": (migration, "carry"), "rows": (copying, "_copied"), "sums": (copying, "_need_same"),
         "end": (migration, "Moved"), "begin": (migration, "stand_still")}
module, name = where[point]
real, calls = getattr(module, name), []

def deadly(*args, **named):
    calls.append(1)
    if point == "end" or (point == "rows" and len(calls) == 25):
        os.kill(os.getpid(), signal.SIGKILL)
    made = real(*args, **named)
    if point != "rows":
        os.kill(os.getpid(), signal.SIGKILL)
    return made

setattr(module, name, deadly)
migration.migrate(source, target)
"""


def test_killed_at_any_point_it_is_unusable_there_or_whole_and_the_next_run_ends_it(
    ways: Ways, point: str
) -> None:
    check_killed(ways, point)


def check_killed(ways: Ways, point: str) -> None:
    before = answers(ways.source)
    command = [sys.executable, "-c", KILLED, point, str(ways.source), str(ways.target)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if point == "end":
        assert answers(ways.target) == before
    else:
        with pytest.raises((NotFoundError, ArchiveError), match=r"make (an archive|one) with: related init"):
            opened(ways.target)
    assert answers(ways.source) == before
    with opened(ways.source) as recommender, pytest.raises(ArchiveDiskError, match="moves to"):
        recommender.add([story(60)])
    moved = migrate(ways.source, ways.target)
    assert bool(moved.tables) == (point != "end")
    assert answers(ways.target) == before


def test_the_command_says_what_it_did_and_what_it_was_not_told(ways: Ways, related: Related) -> None:
    for words in ([], [ways.source, ways.target, "--give-up"], ["a", "b", "c"]):
        assert "give SOURCE and TARGET, or SOURCE and --give-up" in related("migrate", *words).err
    done = related("migrate", ways.source, ways.target)
    assert done.out.startswith("moved 39 stories to ")
    assert "all compared; serve it with: related serve --archive" in done.out
    assert "was moved to" in related("migrate", ways.target, "--archive", ways.source).out
    assert "takes writes again" in related("migrate", ways.source, "--give-up").out
    assert "moves nowhere" in related("migrate", ways.source, "--give-up").out
    assert json.loads(related("migrate", ways.source, "--give-up", "--json").out)["given_up"] == ""
