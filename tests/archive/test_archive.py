"""An archive loses nothing that it acknowledged, embeds nothing twice, and finds what the plain way finds."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from index import Snapshots
from recommender import Settings, Story
from recommender.archive.archive import BATCH, Archive
from recommender.archive.live_view import SNAPSHOT_AFTER, LiveView
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.catalog import Outcome
from recommender.errors import ArchiveBusyError, ArchiveError, ArchiveVersionError, NotFoundError
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.oracle import check_search

FullDisk = Callable[[int], AbstractContextManager[None]]
MANIFEST = f"{DERIVED}/MANIFEST.json"


class NoEmbedder(HashEmbedder):
    """Refuses: for what must not embed anything."""

    def encode(self, texts: Sequence[str], on_done: object = None) -> NDArray[np.float32]:
        raise AssertionError(f"embeds {len(texts)} texts again")


class CountingEmbedder(HashEmbedder):
    """Notes each text that it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str], on_done: object = None) -> NDArray[np.float32]:
        self.texts += texts
        return super().encode(texts)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as made:
        yield made


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of 30 stories, snapshot included."""
    path = tmp_path_factory.mktemp("small") / "archive"
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(30)])
    return path


@pytest.fixture
def own(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "own"))


def opened(path: Path) -> Archive:
    """Open an archive that must not embed."""
    return Archive.open(path, embedder=NoEmbedder())


def ids_of(archive: Archive) -> set[str]:
    return {row.story.id for row in archive.catalog.rows()}


# Stories in


def test_each_story_is_counted_once(archive: Archive) -> None:
    first = [story(n) for n in range(5)]
    assert archive.add(first).counts() == {"added": 5, "updated": 0, "unchanged": 0, "older": 0}
    hour = timedelta(hours=1)
    second = [
        first[0],
        replace(first[1], headline="Other", updated=first[1].published + hour),
        replace(first[2], published=first[2].published - hour, headline="Late"),
        story(9),
    ]
    assert archive.add(second).counts() == {"added": 1, "updated": 1, "unchanged": 1, "older": 1}
    assert len(archive.view.store) == 6


def test_what_is_found_is_what_the_plain_way_finds(archive: Archive) -> None:
    archive.add([story(n) for n in range(150)])
    check_search(archive, questions=20)
    archive.remove([f"s{n}" for n in range(0, 150, 7)])
    archive.add(
        [
            replace(story(n), body="Flood in the village", updated=story(n + 1).published)
            for n in range(1, 150, 7)
        ]
    )
    check_search(archive, questions=20)


def test_the_same_stories_again_change_nothing(own_18f: Path, stories_18f: tuple[Story, ...]) -> None:
    with opened(own_18f) as archive:
        before = archive.catalog.last_seq(), archive.generation
        assert archive.add(stories_18f).counts() == {"added": 0, "updated": 0, "unchanged": 507, "older": 0}
        assert (archive.catalog.last_seq(), archive.generation) == before


def test_a_text_is_embedded_once_whatever_becomes_of_the_story(tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    with Archive.create(tmp_path / "archive", embedder=embedder) as archive:
        one = story(1)
        archive.add([one, replace(one, id="reprint")])
        assert embedder.texts == [one.headline, one.body]
        archive.add([replace(one, section="World", updated=one.published)])
        assert embedder.texts == [one.headline, one.body]
        archive.remove(["s1"])
        archive.add([one])
        assert embedder.texts == [one.headline, one.body]


def test_progress_counts_every_acknowledged_story(archive: Archive) -> None:
    told: list[int] = []
    archive.add((story(n) for n in range(BATCH + 3)), on_done=told.append)
    assert told == [BATCH, 3]


def test_an_interrupt_keeps_all_batches_that_were_acknowledged(archive: Archive) -> None:
    def stories() -> Iterator[Story]:
        yield from (story(n) for n in range(25))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.add(stories(), batch=10)
    assert ids_of(archive) == {f"s{n}" for n in range(20)}
    check_search(archive)


def test_a_removed_story_is_gone_for_every_reader(archive: Archive) -> None:
    archive.add([story(n) for n in range(10)])
    with opened(archive.path) as other:
        assert archive.remove(["s3", "nowhere"]) == ["s3"]
        assert "s3" not in ids_of(other)
        check_search(other)
    check_search(archive)


def test_a_story_that_lost_its_vectors_gets_them_when_it_is_added_again(archive: Archive) -> None:
    one = story(1)
    archive.add([one, story(2)])
    with closing(sqlite3.connect(archive.path / CATALOG_FILE)) as catalog:
        catalog.execute("DELETE FROM vector")
        catalog.commit()
    archive.rebuild()
    assert len(archive.view.store) == 0
    assert archive.add([one, story(2)]).unchanged == 2
    check_search(archive)
    assert len(archive.view.store) == 2


# Two at once


def test_two_archives_on_one_directory_see_each_others_stories(archive: Archive) -> None:
    with Archive.open(archive.path, embedder=HashEmbedder()) as other:
        for n in range(0, 30, 3):
            archive.add([story(n)])
            other.add([story(n + 1)])
            other.write([story(n + 2)])
            check_search(archive, questions=2)
        check_search(other)
        assert ids_of(other) == {f"s{n}" for n in range(30)}


def test_threads_may_add_and_ask_at_once(archive: Archive) -> None:
    archive.add([story(n) for n in range(40)])
    problems: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for n in range(first, first + 40):
                archive.write([story(n)])
                archive.catch_up()
        except BaseException as error:
            problems.append(error)
            raise

    threads = [Thread(target=work, args=(first,)) for first in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(archive.view.store) == 160
    check_search(archive)


def test_a_snapshot_that_another_process_writes_is_not_waited_for(archive: Archive) -> None:
    with FileLock(archive.path / DERIVED / "writer.lock"):
        archive.add([story(n) for n in range(SNAPSHOT_AFTER + 1)])
        with pytest.raises(ArchiveBusyError, match="another process is writing"):
            archive.save(patience=0)
    assert archive.unsaved_changes == SNAPSHOT_AFTER + 1
    archive.save_when_due()
    assert archive.unsaved_changes == 0


def test_a_reader_that_is_far_behind_maps_the_writers_snapshot(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.archive.live_view.SNAPSHOT_AHEAD", 20)
    archive.add([story(n) for n in range(10)])
    with opened(archive.path) as reader:
        archive.add([story(n) for n in range(5, 60)])
        archive.remove(["s7"])
        archive.save()
        archive.add([story(60)])
        check_search(reader)
        assert reader.generation == archive.generation
        assert reader.unsaved_changes == 1


# The lexical model


def test_the_model_is_fitted_when_the_archive_has_doubled_and_saved_at_once(archive: Archive) -> None:
    archive.add([story(n) for n in range(20)])
    first = archive.view.hybrid
    assert first is not None
    archive.add([story(n) for n in range(20, 39)])
    assert archive.view.hybrid is first
    with opened(archive.path) as other:
        assert other.view.hybrid is not None
        assert other.view.hybrid.version == first.version
    archive.add([story(39)])
    assert archive.view.hybrid is not None
    assert archive.view.hybrid.stories == 40
    with opened(archive.path) as other:
        assert other.view.hybrid is not None
        assert (other.view.hybrid.version, other.unsaved_changes) == (archive.view.hybrid.version, 0)


def test_rebuild_fits_on_all_and_embeds_nothing(own: Path) -> None:
    told: list[int] = []
    with opened(own) as archive:
        archive.remove([f"s{n}" for n in range(0, 30, 3)])
        archive.rebuild(on_done=told.append)
        assert archive.view.hybrid is not None
        assert archive.view.hybrid.stories == sum(told) == archive.catalog.count() == 20
        check_search(archive)


# Snapshots


def derived_files(path: Path) -> list[Path]:
    return sorted(file for file in (path / DERIVED).rglob("*") if file.is_file() and file.suffix != ".lock")


def test_a_snapshot_is_taken_as_it_is(own_18f: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveView, "remade", lambda *_: pytest.fail("made anew"))
    before = {file: file.read_bytes() for file in derived_files(own_18f)}
    with opened(own_18f) as archive:
        check_search(archive)
    assert {file: file.read_bytes() for file in derived_files(own_18f)} == before


def check_made_anew(path: Path) -> None:
    """Check that an archive opens from its stored vectors, and that the next opening is a fast one again."""
    with opened(path) as archive:
        assert len(archive.view.store) == archive.catalog.count() > 0
        check_search(archive)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveView, "remade", lambda *_: pytest.fail("made anew once more"))
        with opened(path) as archive:
            check_search(archive)


@pytest.mark.parametrize("how", ["torn", "altered", "gone"])
@pytest.mark.parametrize("name", ["MANIFEST.json", "hybrid.npz", "published.npy", "ids.npy"])
def test_a_torn_missing_or_altered_file(own: Path, name: str, how: str) -> None:
    (file,) = (file for file in derived_files(own) if file.name == name)
    content = file.read_bytes()
    file.unlink()
    if how != "gone":
        file.write_bytes(content[:-9] + b"altered!!" if how == "altered" else content[:-9])
    check_made_anew(own)


def newer_json(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 99}))


def newer_model(file: Path) -> None:
    with np.load(file) as arrays:
        held = dict(arrays)
    np.savez(file, allow_pickle=False, **held | {"head": np.array([99, *held["head"][1:]])})


@pytest.mark.parametrize(
    ("name", "alter"),
    [("store/store.json", newer_json), ("index/index.json", newer_json), ("hybrid.npz", newer_model)],
)
def test_a_part_in_a_newer_format(own: Path, name: str, alter: Callable[[Path], None]) -> None:
    with opened(own) as archive:

        def write(directory: Path) -> None:
            archive.view.save(directory)
            alter(directory / name)

        latest = Snapshots(own / DERIVED).latest()
        Snapshots(own / DERIVED).commit(write, latest.meta)
    check_made_anew(own)


def test_a_missing_snapshot(own: Path) -> None:
    shutil.rmtree(own / DERIVED)
    check_made_anew(own)


def test_the_snapshot_of_another_archive(own: Path, archive_18f: Path) -> None:
    shutil.rmtree(own / DERIVED)
    shutil.copytree(archive_18f / DERIVED, own / DERIVED)
    check_made_anew(own)


def test_an_older_snapshot_is_caught_up_with(own: Path) -> None:
    before = shutil.copytree(own / DERIVED, own / "before")
    with Archive.open(own, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(25, 100)])
        archive.remove(["s3"])
    shutil.rmtree(own / DERIVED)
    before.rename(own / DERIVED)
    check_made_anew(own)


def test_the_snapshot_of_a_later_state_than_the_catalogs(own: Path) -> None:
    """As when the catalog was restored from yesterday's copy."""
    before = (own / CATALOG_FILE).read_bytes()
    with Archive.open(own, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(100)])
        archive.save()
    (own / CATALOG_FILE).write_bytes(before)
    check_made_anew(own)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": 99}, "has format 99; this version reads up to"),
        ({"magic": "other"}, "was not written by this package"),
    ],
)
def test_a_newer_or_foreign_snapshot_is_told_and_left_alone(
    own: Path, changes: dict[str, object], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = own / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))
    before = {file: file.read_bytes() for file in derived_files(own)}
    with opened(own) as archive:
        check_search(archive)
        with pytest.raises(
            ArchiveVersionError, match=rf"{told}.* delete {own / DERIVED} and run: related reb"
        ):
            archive.rebuild()
        check_search(archive)
    assert {file: file.read_bytes() for file in derived_files(own)} == before
    assert told in caplog.text
    shutil.rmtree(own / DERIVED)
    check_made_anew(own)


def test_a_snapshot_that_cannot_be_written_stops_nobody(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.rmtree(own / DERIVED)
    (own / DERIVED / "MANIFEST.new").mkdir(parents=True)  # where the manifest would be written
    with opened(own) as archive:
        check_search(archive)
        with pytest.raises(ArchiveError, match=r"cannot write the snapshot .* stories are safe.* make room"):
            archive.save()
    assert "stories are safe" in caplog.text
    (own / DERIVED / "MANIFEST.new").rmdir()
    check_made_anew(own)


def test_no_size_of_a_full_disk_leaves_a_torn_snapshot(own: Path, small_files: FullDisk) -> None:
    sizes = {file.stat().st_size for file in derived_files(own)}
    with opened(own) as archive:
        for size in sorted({max(0, s - less) for s in sizes for less in (1, 100, 5000)}):
            with small_files(size), pytest.raises(ArchiveError, match="cannot write the snapshot"):
                archive.save()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(LiveView, "remade", lambda *_: pytest.fail("made anew"))
                opened(own).close()
        check_search(archive)


def write_on(archive: Archive, acknowledged: set[str]) -> None:
    """Write some two thousand stories, and note the ids of those that were acknowledged."""
    for n in range(100, 2000, 10):
        some = [story(n + i) for i in range(10)]
        assert archive.write(some) == [Outcome.ADDED] * 10
        acknowledged |= {one.id for one in some}


def test_a_full_disk_loses_no_story_that_was_acknowledged(own: Path, small_files: FullDisk) -> None:
    with Archive.open(own, embedder=HashEmbedder()) as archive:
        acknowledged = ids_of(archive)
        limit = 2 * sum(file.stat().st_size for file in own.glob(f"{CATALOG_FILE}*"))
        with small_files(limit), pytest.raises(ArchiveError, match=r"nothing that was acknowledged is lost"):
            write_on(archive, acknowledged)
        assert len(acknowledged) > 30
        assert ids_of(archive) == acknowledged
        check_search(archive)
    with Archive.open(own, embedder=HashEmbedder()) as archive:
        archive.add([story(5000)])
        assert ids_of(archive) == acknowledged | {"s5000"}
        check_search(archive)


# What cannot be opened


def test_no_archive_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=rf"no archive in {tmp_path}; make one with: related init"):
        Archive.open(tmp_path)


def test_an_archive_is_made_once(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="exists already; open it, or choose another directory"):
        Archive.create(archive.path)


def test_no_archive_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="choose a directory that can be written"):
        Archive.create(tmp_path / "file")


def test_a_newer_versions_catalog(own: Path) -> None:
    with closing(sqlite3.connect(own / CATALOG_FILE)) as newer:
        newer.execute("UPDATE schema_version SET version = 99")
        newer.commit()
    with pytest.raises(ArchiveVersionError, match="install a newer version of related-stories"):
        Archive.open(own)


def test_another_model_than_the_archives(own: Path) -> None:
    with Archive.open(own, embedder=HashEmbedder(32)) as archive:
        check_search(archive)  # what is held needs no model
        with pytest.raises(
            ArchiveError, match=r"holds vectors of hash-64 .*, the settings name hash-32 .*related\.toml"
        ):
            archive.add([story(99)])
        assert archive.catalog.count() == 30


def test_another_writer_is_waited_for_and_then_told(own: Path) -> None:
    with (
        Archive.open(own, Settings(busy_seconds=0.1), HashEmbedder()) as archive,
        closing(sqlite3.connect(own / CATALOG_FILE)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveBusyError, match=r"another writer holds it .* try again"):
            archive.add([story(99)])
        other.rollback()
        assert archive.add([story(99)]).added == 1


def test_an_empty_archive(archive: Archive) -> None:
    assert archive.add([]).counts() == {"added": 0, "updated": 0, "unchanged": 0, "older": 0}
    check_search(archive)
    archive.rebuild()
    archive.add([story(1)])
    archive.remove(["s1"])
    check_search(archive)
    with opened(archive.path) as again:
        check_search(again)


def test_snapshots_do_not_pile_up(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), opened(own) as archive:
        for _ in range(4):
            archive.save()
        kept = [path.name for path in (own / DERIVED).iterdir() if path.is_dir()]
        assert kept == [f"generation-{archive.generation:08d}"]
    assert not caplog.text
