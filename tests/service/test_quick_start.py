"""A service makes better vectors in the place of quick ones by itself; nothing is lost on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.embedding.models import DEFAULT_MODEL, STATIC_MODEL
from recommender.errors import ArchiveError, ModelError
from recommender.service.quick_start import QuickStartThread
from recommender.service.reembedding_thread import Reembedding
from recommender.settings import Settings
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.service.test_reembedding import STORIES, Gated

PATIENCE = 120.0


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", Settings(quick_start=True)) as made:
        made.add(STORIES)
        yield made


class Opened:
    """Opens what it was given, and notes which model was asked for."""

    def __init__(self, embedder: HashEmbedder) -> None:
        self.embedder, self.names = embedder, list[str]()

    def __call__(self, name: str) -> HashEmbedder:
        self.names.append(name)
        return self.embedder


def quick_start(archive: Archive, opened: Opened) -> tuple[QuickStartThread, Reembedding]:
    reembedding = Reembedding(archive, opened=opened)
    return QuickStartThread(archive, reembedding, look_seconds=0.02), reembedding


def test_it_goes_over_by_itself_while_stories_come(archive: Archive) -> None:
    assert archive.catch_up().dimension == 256
    opened = Opened(gated := Gated())
    thread, reembedding = quick_start(archive, opened)
    thread.start()
    try:
        assert gated.has_begun.wait(PATIENCE)
        archive.add([story(99, body="a story that came meanwhile")])
        assert archive.model
        assert archive.model.name == STATIC_MODEL
        with Archive.open(archive.path) as other:  # as another process on the archive
            idle = Opened(HashEmbedder(16))
            quick_start(other, idle)[0].look()
            assert idle.names == [], "one does it"
        gated.may_go_on.set()
        ends = time.monotonic() + PATIENCE
        while archive.catch_up().dimension != 32 and time.monotonic() < ends:
            time.sleep(0.02)
    finally:
        gated.may_go_on.set()
        thread.stop(PATIENCE)
        reembedding.close()
    assert not thread.is_running
    assert archive.view.dimension == 32
    assert len(archive.view.store) == len(STORIES) + 1
    assert opened.names == [DEFAULT_MODEL]
    assert not archive.is_quick


def test_who_cancels_it_is_not_asked_again(archive: Archive) -> None:
    opened = Opened(gated := Gated())
    thread, reembedding = quick_start(archive, opened)
    thread.start()
    try:
        assert gated.has_begun.wait(PATIENCE)
        reembedding.cancel()
        gated.may_go_on.set()
        reembedding.ended()
    finally:
        gated.may_go_on.set()
        thread.stop(PATIENCE)
    thread.look()
    assert opened.names == [DEFAULT_MODEL]
    assert archive.catch_up().dimension == 256


def test_a_model_that_cannot_be_opened_leaves_the_quick_vectors(archive: Archive) -> None:
    def missing(_: str) -> HashEmbedder:
        raise ArchiveError("the model is not installed; install it")

    thread = QuickStartThread(archive, Reembedding(archive, opened=missing))
    with pytest.raises(ModelError, match="the quick vectors stay: the model is not installed; install it"):
        thread.look()
    assert archive.catch_up().dimension == 256
    assert archive.is_quick


def test_archives_that_have_no_quick_vectors_are_left_alone(tmp_path: Path) -> None:
    opened = Opened(HashEmbedder(32))
    with Archive.create(tmp_path / "other", embedder=HashEmbedder(64)) as archive:
        archive.add(STORIES[:3])
        quick_start(archive, opened)[0].look()
    with Archive.create(tmp_path / "empty", Settings(quick_start=True)) as archive:
        quick_start(archive, opened)[0].look()
    with Archive.create(tmp_path / "emptied", Settings(quick_start=True)) as archive:
        archive.add(STORIES[:3])
        archive.remove([one.id for one in STORIES[:3]])
        quick_start(archive, opened)[0].look()
    assert opened.names == []
