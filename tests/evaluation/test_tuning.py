"""Tuning learns what a publisher does, and keeps the weights as they are where that is nothing new."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender
from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.errors import RankerError, SourceError
from recommender.evaluation import tuning
from recommender.evaluation.case import read_links
from recommender.evaluation.tuning import (
    anchors_of,
    answers,
    graph_of,
    masked,
    pool_of,
    tuned,
    weights_of,
)
from recommender.ranking import features
from recommender.ranking.weights import ARCHIVE_FILE, load, shipped
from recommender.story.story import Link, Story
from tests.arrays import story
from tests.fakes import HashEmbedder

COUNT = 160
FIRST = 20


def archive(directory: Path, stories: list[Story]) -> Engine:
    made = Archive.create(directory / "archive", embedder=HashEmbedder())
    made.add(stories)
    return Engine(made)


def links_file(directory: Path, pairs: list[tuple[int, int]]) -> Path:
    file = directory / "links.jsonl"
    file.write_text("\n".join(json.dumps({"source": f"s{s}", "target": f"s{t}"}) for s, t in pairs))
    return file


STORIES = [story(number) for number in range(COUNT)]
# Writers here link to the story before last, whatever it is about.
HABIT = [(number, number - 2) for number in range(FIRST, COUNT)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tune")


@pytest.fixture(scope="module")
def engine(directory: Path) -> Engine:
    return archive(directory, STORIES)


def test_too_few_links_to_learn_from(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(RankerError, match="tuning needs 25: give more with --links"):
        tuned(engine, links_file(tmp_path, HABIT[:20]))
    with pytest.raises(RankerError, match="0 links"):
        tuned(engine)


def test_a_file_of_other_stories_links_is_told_by_what_is_in_it(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "links.jsonl"
    file.write_text('{"source": "x", "target": "y"}\n{"source": \n{"target": "s3"}\n')
    with pytest.raises(SourceError, match="2 of its lines cannot be read, and none of its 1 links"):
        tuned(engine, file)


def test_no_file_of_links(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        tuned(engine, tmp_path / "nowhere.jsonl")


def test_links_by_chance_change_nothing(engine: Engine, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    pairs = [(number, int(random.integers(0, number))) for number in range(FIRST, COUNT)]
    result = tuned(engine, links_file(tmp_path, pairs))
    assert not result.trial.won
    assert result.path is None
    assert not (engine.archive.path / ARCHIVE_FILE).exists()
    assert "nothing was written" in result.to_text()


def test_a_habit_is_learned_kept_and_used(engine: Engine, tmp_path: Path) -> None:
    read: list[int] = []
    result = tuned(engine, links_file(tmp_path, HABIT), on_done=read.append)
    figures = result.to_dict()
    assert sum(read) == len(HABIT)
    assert figures["won"]
    assert figures["held_out"] == round(0.3 * len(HABIT))
    assert result.trial.after.mean() > result.trial.before.mean() + 0.1
    path = engine.archive.path / ARCHIVE_FILE
    assert result.path == path
    assert load(path).provenance["started_from"] == shipped().model.version
    with Recommender.open(engine.archive.path, embedder=HashEmbedder()) as again:
        assert again.engine.model == load(path).model
    path.unlink()


def test_the_links_that_the_archive_holds_teach_as_well(tmp_path: Path) -> None:
    stories = [replace(STORIES[source], links=(Link(target=f"s{target}"),)) for source, target in HABIT]
    made = archive(tmp_path, [*STORIES[:FIRST], *stories])
    assert tuned(made).trial.won


def test_a_story_is_asked_about_without_its_anchors(tmp_path: Path) -> None:
    body = STORIES[9].body + " See the zeppelin hangar for more."
    made = archive(
        tmp_path,
        [*STORIES[:9], replace(STORIES[9], body=body, links=(Link(target="s4", anchor="zeppelin hangar"),))],
    )
    right = answers(made.archive.link_graph(), np.asarray(made.archive.view.store.column("published")))
    assert right == {10: [5]}
    asked = masked(made, right, anchors_of(made, right, None))[10]
    whole = made.archive.view.store.item(10)
    assert len(set(whole.words.ids.tolist()) - set(asked.words.ids.tolist())) == 2


def test_long_lists_and_links_to_later_stories_are_no_questions(engine: Engine, tmp_path: Path) -> None:
    pairs = [(50, target) for target in range(10)] + [(60, 70), (61, 3), (61, 9)]
    graph = graph_of(engine, read_links(links_file(tmp_path, pairs))[0])
    published = np.asarray(engine.archive.view.store.column("published"))
    assert answers(graph, published) == {62: [4, 10]}


def test_the_links_of_a_long_list_teach_and_count_as_three(tmp_path: Path) -> None:
    listed = tuple(Link(target=f"s{target}", curated=True, listed=True) for target in range(12))
    made = archive(tmp_path, [*STORIES[:19], replace(STORIES[19], links=listed)])
    graph, published = made.archive.link_graph(), np.asarray(made.archive.view.store.column("published"))
    right = answers(graph, published)
    assert right == {20: list(range(1, 13))}
    assert weights_of(graph, 20, right[20]).tolist() == [0.25] * 12


def test_links_that_are_not_believed_are_as_if_they_were_not_known(engine: Engine, tmp_path: Path) -> None:
    model, doubtful = shipped().model, replace(shipped().model, history=0.0)
    graph = graph_of(engine, read_links(links_file(tmp_path, HABIT))[0])
    none = graph_of(engine, [])
    later = int(engine.archive.view.store.column("published").max()) + 30 * 24 * 3600
    for num in (30, 100, COUNT):
        source = replace(engine.archive.view.store.item(num), published=later)
        known, unknown = (pool_of(engine, links, num, source) for links in (graph, none))
        assert known.known_links == len(HABIT)
        scores = [
            each.scores(features.matrix(pool), pool.known_links)
            for each, pool in ((doubtful, known), (model, unknown), (doubtful, unknown), (model, known))
        ]
        np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(scores[1], scores[2], rtol=1e-4, atol=1e-4)
        assert not np.allclose(scores[0], scores[3])


def test_how_far_links_are_believed_is_kept_where_nothing_else_wins(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(2)
    pairs = [(number, int(random.integers(0, number))) for number in range(FIRST, COUNT)]
    half = replace(shipped(), model=replace(shipped().model, history=0.5))
    monkeypatch.setattr(tuning, "believed", lambda *_: half)
    result = tuned(engine, links_file(tmp_path, pairs))
    path = engine.archive.path / ARCHIVE_FILE
    assert (result.trial.won, result.path, result.history) == (False, path, 0.5)
    assert "earlier links count for 50%" in result.to_text()
    assert load(path).model.weights == shipped().model.weights
    assert engine.model.history == 0.5
    assert tuned(engine, links_file(tmp_path, pairs)).path is None  # that is so already
    path.unlink()


def test_weights_that_do_not_win_again_are_given_up(engine: Engine, tmp_path: Path) -> None:
    path = engine.archive.path / ARCHIVE_FILE
    assert tuned(engine, links_file(tmp_path, HABIT)).path == path
    random = np.random.default_rng(2)
    pairs = [(number, int(random.integers(0, number))) for number in range(FIRST, COUNT)]
    result = tuned(engine, links_file(tmp_path, pairs))
    assert (result.path, result.went_back) == (None, True)
    assert "the shipped ones are in use again" in result.to_text()
    assert not path.exists()
    assert not tuned(engine, links_file(tmp_path, pairs)).went_back
