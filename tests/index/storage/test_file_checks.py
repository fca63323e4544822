"""Files are what they should be before they are read, their owner's alone, and no link is written through."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from index.storage.file_checks import SMALL, UnfitFileError, exposed, read
from index.storage.files import PRIVATE, create, replacing
from recommender.archive.archive import Archive
from recommender.archive.private_files import CATALOG_FILE, DERIVED, secrets, tell_exposed
from recommender.archive.status import status_of
from recommender.embedding.models import find_model
from recommender.engine.engine import Engine
from recommender.errors import ModelError, RankerError, SettingsError
from recommender.ingest.jsonl import RefusedFile, read_stories
from recommender.ranking import weights as rankers
from recommender.setting_sources import FILE_NAME
from recommender.settings import Settings, load_settings
from tests.arrays import story
from tests.fakes import HashEmbedder


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


UNFIT = pytest.mark.parametrize("make", [pipe, endless, huge, Path.mkdir])
Make = Callable[[Path], None]


@UNFIT
def test_nothing_but_a_plain_file_of_some_size_is_read(tmp_path: Path, make: Make) -> None:
    make(tmp_path / "file")
    with pytest.raises((UnfitFileError, IsADirectoryError)):
        read(tmp_path / "file")
    (tmp_path / "plain").write_bytes(b"x" * 10)
    assert read(tmp_path / "plain", 10) == b"x" * 10
    with pytest.raises(UnfitFileError, match=r"has 10 bytes, more than 9"):
        read(tmp_path / "plain", 9)


@UNFIT
def test_whatever_a_setting_names_is_refused_in_one_line(tmp_path: Path, make: Make) -> None:
    for name in ("weights", rankers.ARCHIVE_FILE, FILE_NAME, "model.json"):
        make(tmp_path / name)
    with pytest.raises(RankerError, match=r"weights: .*; check the setting ranker"):
        rankers.chosen(str(tmp_path / "weights"), tmp_path)
    with pytest.raises(RankerError, match=rankers.ARCHIVE_FILE):
        rankers.chosen("", tmp_path)
    with pytest.raises(SettingsError, match=FILE_NAME):
        load_settings(tmp_path)
    if make is not Path.mkdir:
        (tmp_path / "model.safetensors").write_bytes(b"")
        with pytest.raises(ModelError, match=r"model\.json is no plain file, or too large"):
            find_model(str(tmp_path))
    assert len(rankers.shipped().to_json()) < SMALL


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_keys_and_unpublished_stories_is_its_owners_alone(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        archive.add([story(1)])
        there = [path for path in secrets(archive.path) if path.exists()]
        assert archive.path / CATALOG_FILE in there
        assert len(there) > 1  # SQLite's log is made with the mode of what it belongs to
        assert {mode(path) for path in there} == {PRIVATE}
    refusals = tmp_path / "refused.jsonl"
    (tmp_path / "stories.jsonl").write_text("{}")
    with RefusedFile(refusals) as aside:
        for refused in read_stories(tmp_path / "stories.jsonl"):
            aside.write(refused)  # type: ignore[arg-type]
    assert mode(refusals) == PRIVATE


def test_what_is_open_to_others_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "archive"
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        assert status_of(archive, Engine(archive).model).problems == ()
    (path / CATALOG_FILE).chmod(0o640)
    (path / FILE_NAME).write_text("slots = 3\n")
    (path / FILE_NAME).chmod(0o644)
    tell_exposed.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            with Archive.open(path, embedder=HashEmbedder()) as archive:
                problems = status_of(archive, Engine(archive).model).problems
    for name, wide in ((CATALOG_FILE, "0640"), (FILE_NAME, "0644")):
        told = f"{path / name} is open to other users (mode {wide}): chmod 600 {path / name}"
        assert told in problems
        assert caplog.messages.count(told) == 1
    assert exposed([tmp_path / "nothing"]) == []


def test_a_link_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    for name in ("a.json", "a.new"):
        (tmp_path / name).symlink_to(victim)
    with replacing(tmp_path / "a.json") as file:
        file.write(b"new")
    (tmp_path / "b").symlink_to(victim)
    with create(tmp_path / "b") as file:
        file.write(b"new")
    assert victim.read_bytes() == b"mine"
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b").read_bytes() == b"new"
    assert not (tmp_path / "a.json").is_symlink()
    with pytest.raises(OSError, match="full"), replacing(tmp_path / "a.json"):
        raise OSError("full")
    assert (tmp_path / "a.json").read_bytes() == b"new"


def test_a_linked_place_for_what_is_derived_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("one", "other"):
        with Archive.create(tmp_path / name, embedder=HashEmbedder()) as archive:
            archive.add([story(n) for n in range(5)])
            archive.save()
    derived, others = tmp_path / "one" / DERIVED, tmp_path / "other" / DERIVED
    derived.rename(tmp_path / "away")
    derived.symlink_to(others)
    before = sorted(others.rglob("*"))
    with caplog.at_level(logging.WARNING), Archive.open(tmp_path / "one", embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(300)])
        assert len(archive.view.store) == 300
    assert "is a symbolic link" in caplog.text
    assert sorted(others.rglob("*")) == before
    with Archive.open(tmp_path / "other", embedder=HashEmbedder()) as archive:
        assert len(archive.view.store) == 5


def test_settings_are_read_from_a_plain_file(tmp_path: Path) -> None:
    assert load_settings(tmp_path) == Settings()
    (tmp_path / FILE_NAME).write_text("slots = 3\n")
    assert load_settings(tmp_path).slots == 3
