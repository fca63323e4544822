"""What ratings teach: a 2 is a link, a 0 none, a 1 neither; weights learned from them alone may win."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.archive.archive import Archive
from recommender.archive.learned_weights import LearnedWeights
from recommender.catalog.ratings import RatingRow, RatingsTable
from recommender.engine.engine import Engine
from recommender.evaluation import rated_ranking, trial
from recommender.evaluation.graded import LEAST
from recommender.evaluation.learning import LEAST_RATINGS, Learner
from recommender.evaluation.rated import NOTHING_RATED, marked, rated_slots, taught
from recommender.evaluation.rated_ranking import rated_figures
from recommender.evaluation.tuning import labelled, masked, right_of, tuned, unhurried
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.pool import Pool
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
    journal = LearnedWeights(engine.archive).journal()
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


def test_links_of_a_file_are_not_learned_over_by_ratings_that_the_archive_held_then(
    engine: Engine, tmp_path: Path
) -> None:
    habit(engine)
    file = tmp_path / "links.jsonl"
    links = [{"source": f"s{number}", "target": f"s{number - 8}"} for number in range(FIRST, COUNT)]
    file.write_text("\n".join(map(json.dumps, links)))
    tuned(engine, file)
    chosen = LearnedWeights(engine.archive).journal()
    assert chosen.attempt is not None
    assert chosen.attempt.rated == 2 * (COUNT - FIRST)
    assert Learner(engine).look() == chosen


def test_what_editors_would_have_set_counts_as_a_link_in_a_long_list_too(engine: Engine) -> None:
    source, listed, chosen = (num_of(engine, number) for number in (40, 36, 32))
    store = engine.archive.view.store
    published = store.column("published")
    pairs = np.array([[source, source], [listed, chosen]], np.int64)
    graph = LinkGraph(store, *pairs, published[pairs[0]], np.full(2, 0.2, np.float32))
    rate(engine, 40, 32, 2)
    right = {source: [listed, chosen]}
    (question,) = labelled(
        engine, graph, right, masked(engine, right, {source: ()}), rated=rated_slots(engine.archive)
    )
    assert sorted(question.counting[question.linked].tolist()) == pytest.approx([0.2, 1])


def test_one_pool_is_held_at_a_time_and_the_blocks_rated_last_are_put_in_order(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    habit(engine)
    pools: list[weakref.ref[Pool]] = []
    pool_of = rated_ranking._pool

    def watched(of: Engine, source: int, targets: list[int]) -> object:
        assert sum(pool() is not None for pool in pools) <= 1
        found = pool_of(of, source, targets)
        pools.append(weakref.ref(found[0]))
        return found

    monkeypatch.setattr(rated_ranking, "_pool", watched)
    monkeypatch.setattr(rated_ranking, "MOST", 2 * LEAST)
    found = rated_figures(engine, {"one": shipped(), "other": shipped()}, unhurried)
    assert found is not None
    assert (found.blocks, found.ordered, len(pools)) == (COUNT - FIRST, 2 * LEAST, 2 * LEAST)
    assert found.ndcg["one"] == found.ndcg["other"]


def test_only_blocks_that_taught_nothing_put_weights_to_the_test(engine: Engine) -> None:
    habit(engine)
    for number in range(FIRST, FIRST + LEAST):  # rated again, later
        RatingsTable(engine.archive.catalog).add(
            [RatingRow(f"s{number}", f"s{number - 8}", "night-desk", 2, 9)]
        )
    none = rated_figures(engine, {"any": shipped()}, unhurried, after=5)
    assert none is not None
    assert (none.blocks, none.ordered, none.ndcg) == (COUNT - FIRST, 0, {})
    assert none.chosen.mean > 0, "what editors think of blocks is told all the same"
    for number in range(10, 10 + LEAST):
        RatingsTable(engine.archive.catalog).add(
            [RatingRow(f"s{number}", f"s{number - 8}", "night-desk", 2, 9)]
        )
    some = rated_figures(engine, {"any": shipped()}, unhurried, after=5)
    assert some is not None
    assert (some.ordered, set(some.ndcg)) == (LEAST, {"any"})
