"""An archive that is served goes on being read and written while what it has outgrown is made anew."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from index import Check
from recommender.archive import live_view
from recommender.archive.archive import Archive
from recommender.archive.private_files import DERIVED
from recommender.archive.view import View
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.oracle import check_search

PATIENCE = 60.0  # seconds


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an archive of 30 stories; any growth is work for the background."""
    monkeypatch.setattr(live_view, "REFIT_AT_ONCE", 0)
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(30)])
    return tmp_path / "archive"


class Held:
    """Holds a refit up until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = Event(), Event()
        plain = View.refitted

        def refitted(view: View, check: Check = lambda: None) -> View:
            fresh = plain(view, check)
            self.begun.set()
            while not self.go_on.wait(0.01):
                check()
            return fresh

        monkeypatch.setattr(View, "refitted", refitted)


def served(path: Path) -> Archive:
    return Archive.open(path, embedder=HashEmbedder(), background=True)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what is done beside."""
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_reads_and_writes_go_on_while_the_model_is_fitted_anew(
    grown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(grown) as archive:
        held = Held(monkeypatch)
        old = archive.view.hybrid
        archive.add([story(n) for n in range(30, 70)])
        assert held.begun.wait(60)
        archive.remove(["s3", "s40"])
        archive.add([story(n) for n in range(70, 80)])
        assert archive.view.hybrid is old
        check_search(archive)
        held.go_on.set()
        wait_until(lambda: archive.view.hybrid is not old)
        assert archive.view.hybrid is not old
        assert len(archive.view.store) == 78
        check_search(archive)
        archive.save()
    with Archive.open(grown, embedder=HashEmbedder()) as again:
        assert again.view.hybrid is not None
        assert again.view.hybrid.stories >= 70
        check_search(again)


def test_what_is_written_without_a_pause_is_all_found_afterwards(grown: Path) -> None:
    with served(grown) as archive:

        def write() -> None:
            for first in range(30, 230, 4):
                archive.add([story(n) for n in range(first, first + 4)])

        writer = Thread(target=write)
        writer.start()
        while writer.is_alive():
            check = archive.catch_up()
            assert len(check.store) >= 30
        writer.join()
        wait_until(lambda: archive.catch_up().hybrid.stories > 30)  # type: ignore[union-attr]
        assert len(archive.view.store) == 230
        check_search(archive)


def test_closing_does_not_wait_for_the_end_of_a_fit(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = served(grown)
    held = Held(monkeypatch)
    archive.add([story(n) for n in range(30, 70)])
    assert held.begun.wait(60)
    archive.close()
    held.go_on.set()
    with Archive.open(grown, embedder=HashEmbedder()) as again:
        assert len(again.view.store) == 70


def test_a_bit_that_flipped_in_a_large_file_is_found_behind_and_all_is_derived_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(20)])
        archive.save()
        before = archive.generation
    monkeypatch.setattr("index.storage.generations._VERIFIED_AT_OPEN", 1000)
    large = next((tmp_path / "archive" / DERIVED).glob("*/store/vectors.rows.*.npy"))
    content = bytearray(large.read_bytes())
    content[-1] ^= 1
    large.write_bytes(content)
    with Archive.open(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        assert archive.generation == before
        archive.audit()
        check_search(archive)
        assert archive.generation > before
        archive.audit()
    (told,) = caplog.messages
    assert f"{large.name} has been altered: its checksum is wrong: making everything derived anew" in told
