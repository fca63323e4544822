"""One measurement of a made-up publisher whose writers link to the last story of the same topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from recommender.evaluation import Evaluation, evaluate
from recommender.evaluation.metrics import BLOCK
from recommender.newsroom.ratings import Grade, Rating
from recommender.ranking.calibration import WITNESSES
from recommender.story.story import Link, Story
from tests.arrays import EMBEDDER, story

STORIES = [story(number) for number in range(64)]
LINKS = [(number, number - 4) for number in range(8, 64)]
NAMES = {
    "ours",
    "ours_history",
    "served",
    "served_earlier",
    "hand_set",
    "recency",
    "tfidf",
    "bm25",
    "first_attempt",
    "first_attempt_past",
}


def measure(directory: Path, stories: list[Story], ratings: Sequence[Rating] = ()) -> Evaluation:
    (directory / "stories").write_text("\n".join(json.dumps(one.to_json()) for one in stories))
    rows = [{"source": f"s{source}", "target": f"s{target}"} for source, target in LINKS]
    (directory / "links").write_text("\n".join(map(json.dumps, rows)))
    return evaluate(directory / "stories", directory / "links", embedder=EMBEDDER, ratings=ratings)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:  # the newsroom's catalog: a measurement writes nothing there
        patch.setenv("RELATED_CATALOG_URL", "postgresql://newsroom@127.0.0.1:1/related")
        return measure(tmp_path_factory.mktemp("case"), STORIES)


def test_every_system_has_every_figure(result: Evaluation) -> None:
    out = msgspec.json.decode(msgspec.json.encode(result.to_dict()))
    assert out["queries"] == len(LINKS)
    assert set(out["systems"]) == NAMES
    for figures in out["systems"].values():
        low, high = figures["ndcg@5_ci"]
        assert 0 <= low <= figures["ndcg@5"] <= high <= 1
        assert (
            figures["recall@5"] <= figures["recall@10"] <= figures["recall@50"] <= figures["recall@200"] <= 1
        )
    assert len({frozenset(figures) for figures in out["systems"].values()}) == 1


def test_topic_and_time_together_find_what_either_alone_does_not(result: Evaluation) -> None:
    ndcg = {name: figures["ndcg@5"] for name, figures in result.systems.items()}
    assert ndcg["ours"] == max(ndcg.values())
    # The last story of the topic is always four back: recency puts it in the fourth slot.
    assert result.systems["recency"]["mrr"] == pytest.approx(1 / 4)
    assert result.systems["ours"]["recall@200"] <= result.candidates["recall"] == 1
    assert result.candidates["ndcg@5_all_scored"] == pytest.approx(ndcg["ours"])


def test_the_difference_to_a_baseline_is_the_difference_of_the_means(result: Evaluation) -> None:
    for name, figures in result.paired.items():
        low, high = figures["ci"]
        difference = result.systems["ours"]["ndcg@5"] - result.systems[name]["ndcg@5"]
        assert figures["difference"] == pytest.approx(difference)
        assert low <= difference <= high


def test_what_is_shown_is_counted_and_what_is_beyond_chance_is_told(result: Evaluation) -> None:
    for figures in result.systems.values():
        assert 0 <= figures["slots_shown"] <= BLOCK
        assert figures["precision_ci"][0] <= figures["precision"] <= figures["precision_ci"][1]
    assert result.systems["ours"]["slots_shown"] == BLOCK
    for ours in ("ours", "ours_history"):
        for other, row in result.significance[ours].items():
            apart = result.systems[ours]["ndcg@5"] - result.systems[other]["ndcg@5"]
            assert row["difference"] == pytest.approx(apart)
        assert set(result.significance[ours]) == {"hand_set", "tfidf"}


def test_only_the_first_attempt_and_pages_link_into_the_future(result: Evaluation) -> None:
    future = {name: figures["future_links"] for name, figures in result.systems.items()}
    assert future.pop("first_attempt") > 0
    assert future.pop("served") > 0
    assert set(future.values()) == {0}


def test_the_first_stories_have_no_full_block(result: Evaluation) -> None:
    # Of 64 stories the first five have fewer than five earlier ones.
    assert result.systems["ours"]["full_blocks"] == pytest.approx(1 - BLOCK / 64)


def test_the_ranking_reads_no_links(result: Evaluation, tmp_path: Path) -> None:
    linked = list(STORIES)
    for source, target in LINKS:
        linked[source] = replace(STORIES[source], links=(Link(target=f"s{target}"),))
    assert measure(tmp_path, linked).to_dict() == result.to_dict()


def test_the_years_hold_every_query(result: Evaluation) -> None:
    out = result.to_dict()
    assert sum(row["queries"] for row in out["per_year"].values()) == len(LINKS)
    (year,) = out["per_year"].values()  # all 64 hours are of one
    for name, figures in year["systems"].items():
        assert figures["ndcg@5"] == pytest.approx(result.systems[name]["ndcg@5"])
        assert figures["ndcg@5_ci"] == pytest.approx(result.systems[name]["ndcg@5_ci"])


def test_what_was_said_of_every_slot_is_set_against_the_links(result: Evaluation) -> None:
    # Story 15 is the first of which enough is known to say anything; each block has five slots.
    for name in ("ours", "ours_history"):
        bins = result.reliability[name]
        slots = sum(one["slots"] for one in bins)
        linked = sum(one["slots"] * one["so"] for one in bins)
        assert slots == BLOCK * (len(STORIES) - WITNESSES)
        assert [one["said"] for one in bins] == sorted(one["said"] for one in bins)
        assert 0 < linked <= len(LINKS)
    assert set(result.reliability) == {"ours", "ours_history"}


def test_exposure_and_its_curve_agree(result: Evaluation) -> None:
    for name, figures in result.systems.items():
        curve = result.curves.lorenz[name]
        assert len(curve) == len(STORIES) + 1
        assert figures["gini"] == pytest.approx(1 - (curve[1:] + curve[:-1]).mean())


def test_what_was_not_asked_for_is_not_there(result: Evaluation) -> None:
    out = result.to_dict()
    assert out["ablation"] == {}
    assert "per_section" not in out
    assert out["per_tag"] == {}
    assert out["left_out"]["per_tag"] == {"values": 0, "queries": len(LINKS)}
    assert "ndcg@5" not in out["candidates"]["sources"]["with_names"]


def test_the_table_shows_every_system(result: Evaluation) -> None:
    console = Console(width=80, file=StringIO(), record=True)
    console.print(result.table())
    text = console.export_text()
    assert all(name in text for name in NAMES)
    assert "\u2026" not in text


def test_drafts_are_asked_beside_the_masked_questions(tmp_path: Path) -> None:
    """An anchor that names its target gives it away; the masked figures do not change for it."""
    told = [
        replace(one, body=f"{one.body} See {STORIES[number - 4].headline}.") if number >= 8 else one
        for number, one in enumerate(STORIES)
    ]
    (tmp_path / "stories").write_text("\n".join(json.dumps(one.to_json()) for one in told))
    rows = [
        {"source": f"s{source}", "target": f"s{target}", "anchor": STORIES[target].headline}
        for source, target in LINKS
    ]
    (tmp_path / "links").write_text("\n".join(map(json.dumps, rows)))
    plain = evaluate(tmp_path / "stories", tmp_path / "links", embedder=EMBEDDER)
    found = evaluate(tmp_path / "stories", tmp_path / "links", embedder=EMBEDDER, drafts=True)
    assert set(found.systems) == NAMES | {"ours_draft", "ours_history_draft", "tfidf_draft"}
    assert {name: found.systems[name] for name in NAMES} == plain.systems
    for name in ("ours", "tfidf"):
        assert found.systems[f"{name}_draft"]["ndcg@5"] > found.systems[name]["ndcg@5"]


def test_ratings_have_a_table_of_their_own(result: Evaluation, tmp_path: Path) -> None:
    assert "ratings" not in result.to_dict()
    at = datetime(2026, 3, 3, tzinfo=UTC)
    rated = [
        Rating(source=f"s{n}", target=f"s{n - back}", grade=grade, by=by, at=at)
        for n in range(20, 40)
        for back, grade in ((4, Grade.CHOSEN), (1, Grade.UNRELATED))
        for by in ("sports-desk", "night-desk")
    ]
    strange = replace(rated[0], source="nowhere")
    found = measure(tmp_path, STORIES, [*rated, strange])
    figures = msgspec.json.decode(msgspec.json.encode(found.to_dict()))["ratings"]
    assert (figures["slots"], figures["blocks"], figures["raters"]) == (40, 20, 2)
    assert figures["acceptable"]["mean"] == 0.5
    assert set(figures["ndcg"]) == NAMES
    assert figures["ndcg"]["tfidf"]["mean"] == pytest.approx(1)
    assert figures["ndcg"]["ours"]["mean"] < 1, "what is folded into another slot gains nothing"
    assert (figures["agreement"]["mean"], figures["alpha"]) == (1, pytest.approx(1))
    console = Console(width=80, file=StringIO(), record=True)
    console.print(found.table())
    assert "40 slots of 20 blocks, rated by 2" in console.export_text()
