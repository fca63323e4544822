"""What is acknowledged is in the file that the next start opens: no other write is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from recommender.errors import ArchiveMovedError
from tests.catalog.catalog_cases import NOW, a_story, add

Act = Callable[[Path], object]


def replaced(path: Path) -> None:
    other = path.with_name("other.sqlite")
    Catalog.create(other).close()
    os.replace(other, path)


LOST: dict[str, Act] = {
    "moved": lambda path: path.rename(path.with_name("elsewhere")),
    "deleted": lambda path: path.unlink(),
    "replaced": replaced,
    "a backup put in its place": lambda path: os.replace(
        shutil.copy(path, path.with_name("backup.sqlite")), path
    ),
    "its directory moved": lambda path: path.parent.rename(path.parent.with_name("away")),
    "its directory deleted": lambda path: shutil.rmtree(path.parent),
    "its log deleted": lambda path: path.with_name("catalog.sqlite-wal").unlink(),
    "its log's index deleted": lambda path: path.with_name("catalog.sqlite-shm").unlink(),
}


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Catalog]:
    (tmp_path / "archive").mkdir()
    with Catalog.create(tmp_path / "archive" / "catalog.sqlite") as catalog:
        add(catalog, a_story("kept"))
        catalog.version()  # as every process that serves asks
        yield catalog


@pytest.mark.parametrize("what", LOST)
def test_no_write_is_acknowledged_that_the_next_start_would_miss(held: Catalog, what: str) -> None:
    held.check_place()
    LOST[what](Path(held.address))
    with pytest.raises(ArchiveMovedError, match="moved, deleted or replaced"):
        held.check_place()
    for write in (
        lambda: add(held, a_story("lost")),
        lambda: held.remove(["kept"], NOW),
        lambda: held.amend("kept", lambda story: story, NOW),
        lambda: held.set_setting("zone", "UTC"),
    ):
        with pytest.raises(ArchiveMovedError):
            write()


def test_what_is_lost_while_it_is_written_is_not_acknowledged(held: Catalog) -> None:
    def moves_away() -> None:
        with held.transaction():
            Path(held.address).rename(Path(held.address).with_name("elsewhere"))

    with pytest.raises(ArchiveMovedError):
        moves_away()


def test_the_same_files_put_back_are_written_again(held: Catalog, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    away = Path(held.address).parent.with_name("away")
    for _ in range(2):
        Path(held.address).parent.rename(away)
        for _ in range(3):
            with pytest.raises(ArchiveMovedError):
                add(held, a_story("later"))
        away.rename(Path(held.address).parent)
        held.check_place()
    assert add(held, a_story("later")) == ["added"]
    with Catalog.open(Path(held.address)) as again:
        assert again.count() == 2
    words = [record.getMessage() for record in caplog.records if record.name.endswith("catalog_files")]
    assert [word.endswith("is back") for word in words] == [False, True] * 2, "each turn is logged once"


def test_other_processes_come_and_go_without_a_word(held: Catalog) -> None:
    for n in range(3):
        with Catalog.open(Path(held.address)) as other:
            add(other, a_story(f"other{n}"))
        add(held, a_story(f"mine{n}"))
    assert held.count() == 7
