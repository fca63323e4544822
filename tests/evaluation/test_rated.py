"""What ratings teach: a 2 is a link, a 0 none, a 1 neither; weights learned from them alone may win."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.archive.archive import Archive
from recommender.archive.learned_weights import LearnedWeights
from recommender.catalog.ratings import RatingRow, RatingsTable
from recommender.engine.engine import Engine
from recommender.evaluation import trial
from recommender.evaluation.graded import LEAST
from recommender.evaluation.learning import LEAST_RATINGS, Learner
from recommender.evaluation.rated import NOTHING_RATED, marked, rated_slots, taught
from recommender.evaluation.rated_ranking import rated_figures
from recommender.evaluation.tuning import right_of, tuned, unhurried
from recommender.ranking.training import ACCEPTABLE, UNRELATED, LabelledQuestion
from recommender.ranking.weights import ARCHIVE_FILE, load, shipped
from tests.arrays import story
from tests.fakes import HashEmbedder

COUNT, FIRST = 100, 20
KINDS = ("news", "explainer")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        archive.add(replace(story(number), kind=KINDS[number // 4 % 2]) for number in range(COUNT))
        yield Engine(archive)


def rate(engine: Engine, source: int, target: int, grade: int, by: str = "sports-desk") -> None:
    RatingsTable(engine.archive.catalog).add([RatingRow(f"s{source}", f"s{target}", by, grade, 5)])


def num_of(engine: Engine, number: int) -> int:
    return engine.archive.catalog.nums_of([f"s{number}"])[f"s{number}"]


def habit(engine: Engine) -> None:
    """Rate as editors would who want the last story on a subject of the same kind, and not the last one."""
    for number in range(FIRST, COUNT):
        rate(engine, number, number - 8, 2)
        rate(engine, number, number - 4, 0)


def test_a_slot_has_the_mean_of_its_grades(engine: Engine) -> None:
    rate(engine, 30, 28, 2)
    rate(engine, 30, 28, 1, "night-desk")
    rate(engine, 30, 27, 2)
    rate(engine, 30, 27, 0, "night-desk")
    rate(engine, 30, 40, 2)
    rated = rated_slots(engine.archive)
    source = num_of(engine, 30)
    assert rated.count == 5
    assert rated.grades[source][num_of(engine, 28)] == 1.5
    assert set(rated.chosen(source)) == {num_of(engine, 28), num_of(engine, 40)}
    graph, right = right_of(engine)
    published = np.asarray(engine.archive.view.store.column("published"), np.int64)
    assert taught(right, rated, graph, published) == {source: [num_of(engine, 28)]}, (
        "the later one is no candidate"
    )
    assert taught(right, NOTHING_RATED, graph, published) == {}


def test_a_candidate_counts_by_what_was_said_of_it() -> None:
    question = LabelledQuestion(np.zeros((4, 2), np.float32), np.array([True, False, False, False]), 1)
    found = marked(question, np.array([5, 6, 7, 8]), {5: 2.0, 6: 0.0, 7: 1.0})
    assert found.against is not None
    assert found.against.tolist()[1:] == [UNRELATED, ACCEPTABLE, 1.0]
    assert marked(question, np.array([5, 6, 7, 8]), {}) is question


def test_weights_are_learned_from_ratings_alone(engine: Engine) -> None:
    habit(engine)
    found = tuned(engine)
    assert found.trial.won
    assert found.trial.links > trial.LEAST_LINKS
    journal = LearnedWeights(engine.archive.path, engine.archive.catalog).journal()
    assert journal.attempt is not None
    assert journal.attempt.rated == 2 * (COUNT - FIRST)
    own = load(engine.archive.path / ARCHIVE_FILE)
    told = rated_figures(engine, {"own": own, "shipped": shipped()}, unhurried)
    assert told is not None
    assert told.blocks >= LEAST
    assert told.ndcg["own"].mean > told.ndcg["shipped"].mean


def test_a_running_service_learns_once_a_sheet_is_rated(engine: Engine) -> None:
    learner = Learner(engine)
    rate(engine, 30, 28, 2)
    assert learner.look().attempt is None
    habit(engine)
    assert 2 * (COUNT - FIRST) >= LEAST_RATINGS
    attempt = learner.look().attempt
    assert attempt is not None
    assert attempt.won
    rate(engine, 30, 26, 1)
    assert learner.look().attempt == attempt, "one rating more is not worth another try"
