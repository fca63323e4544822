"""An archive that is loaded when it is asked: nobody sees one that has not caught up."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from recommender.archive.live_view import LiveView
from recommender.archive.view import View
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.many import story

PATIENCE = 120.0


def _behind(path: Path) -> Newsroom:
    """Return an archive, not loaded, whose snapshot is older than its catalog."""
    with Newsroom.create(path, embedder=HashEmbedder()) as newsroom:
        for num in range(4):
            newsroom.publish(Story.from_json(story("gazette", f"s{num}", num + 1)))
        newsroom.archive.save()
        newsroom.archive.remove(["s1"])
    return Newsroom.open(path, on_demand=True, embedder=HashEmbedder())


def test_a_view_that_did_not_catch_up_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: LiveView) -> View:
        raise RuntimeError("once")

    with _behind(tmp_path / "a") as newsroom:
        with monkeypatch.context() as patched:
            patched.setattr(LiveView, "catch_up", fails)
            with pytest.raises(RuntimeError, match="once"):
                newsroom.archive.view  # noqa: B018 (loads it)
        assert not newsroom.archive.is_loaded
        assert newsroom.archive.view.seq == newsroom.archive.catalog.last_seq()


def test_who_asks_meanwhile_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may, catch_up = threading.Event(), threading.Event(), LiveView.catch_up
    seen: list[int] = []

    def slow(self: LiveView) -> View:
        if not begun.is_set():
            begun.set()
            assert may.wait(PATIENCE)
        return catch_up(self)

    with _behind(tmp_path / "a") as newsroom:
        archive = newsroom.archive
        monkeypatch.setattr(LiveView, "catch_up", slow)
        threads = [threading.Thread(target=lambda: seen.append(archive.view.seq)) for _ in range(2)]
        threads[0].start()
        assert begun.wait(PATIENCE)
        threads[1].start()
        assert not archive.is_loaded
        may.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert seen == [archive.catalog.last_seq()] * 2
