"""Status tells how many stories are where, and the problems that an operator can do something about."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.faiss import profiles
from index.storage.kernels import COMPILED
from recommender import Recommender, Status
from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog.web_sources import WebSourceRow, WebSources
from recommender.story.story import Link
from tests.arrays import story
from tests.fakes import HashEmbedder


@pytest.fixture
def recommender(tmp_path: Path) -> Iterator[Recommender]:
    with Recommender.create(tmp_path / "archive", embedder=HashEmbedder()) as made:
        yield made


def test_an_empty_archive(recommender: Recommender) -> None:
    found = recommender.status()
    assert (found.stories, found.embedded, found.indexed, found.drift) == (0, 0, 0, 0.0)
    assert (found.model, found.problems) == ("", ())


def test_counts(recommender: Recommender) -> None:
    links = (Link(target="s2"), Link(target="nowhere"))
    recommender.add([story(1, links=links), story(2), story(3, status=Status.DRAFT)])
    found = recommender.status()
    assert (found.stories, found.by_status) == (3, {"published": 2, "draft": 1})
    assert (found.embedded, found.indexed, found.links, found.waiting_links) == (3, 3, 1, 1)
    assert (found.model, found.weights) == ("hash-64", HashEmbedder().weights_hash)
    assert (found.ranker, found.generation) == (
        recommender.engine.model.version,
        recommender.archive.generation,
    )
    assert (found.last_change, found.unsaved_changes, found.problems) == (3, 0, ())
    assert found.loops == ("compiled" if COMPILED else "numpy")
    recommender.remove("s3")
    assert (recommender.status().stories, recommender.status().unsaved_changes) == (2, 1)


def test_how_the_index_searches_and_what_it_finds(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recommender.status().recall is None
    recommender.add([story(n) for n in range(60)])
    found = recommender.status()
    assert (found.profile, found.recall, found.lists, found.unlisted) == ("exact", 1.0, 0, 60)
    assert found.derived_bytes > 0
    monkeypatch.setattr(profiles, "EXACT_UP_TO", 10)
    recommender.archive.rebuild()
    found = recommender.status()
    assert found.profile == "fast"
    assert found.lists > 0
    assert found.recall is not None
    assert found.recall >= 0.985  # what it is built for
    index = recommender.archive.view.index
    monkeypatch.setattr(type(index), "measured_recall", lambda *_: 0.9)
    assert recommender.status().problems == (
        "the index finds 90.0% of the nearest stories: run `related rebuild`",
    )


def test_words_that_the_model_does_not_know_are_drift_until_it_is_rebuilt(recommender: Recommender) -> None:
    recommender.add([story(n) for n in range(40)])
    assert recommender.status().drift == 0
    news = [story(n, body=" ".join(f"word{n % 7}{i % 50}" for i in range(200))) for n in range(40, 60)]
    recommender.add(news)
    found = recommender.status()
    assert found.drift > 0.2
    (problem,) = found.problems
    assert problem.endswith("of the newest terms: run `related rebuild`")
    recommender.archive.rebuild()
    assert (recommender.status().drift, recommender.status().problems) == (0, ())


def test_stories_without_vectors_are_told_and_the_way_out_works(recommender: Recommender) -> None:
    stories = [story(1), story(2)]
    recommender.add(stories)
    with closing(sqlite3.connect(recommender.archive.path / CATALOG_FILE)) as catalog:
        catalog.execute("DELETE FROM vector")
        catalog.commit()
    recommender.archive.rebuild()
    assert recommender.status().problems == ("2 stories have no vectors: add them again",)
    recommender.add(stories)
    assert recommender.status().problems == ()


def test_figures_for_people(recommender: Recommender) -> None:
    recommender.add([story(1)])
    rows = dict(recommender.status().to_rows())
    assert (rows["stories"], rows["by status"], rows["problems"]) == ("1", "published 1", "none")
    assert set(recommender.status().to_dict()) == {name.replace(" ", "_") for name in rows}


def test_sites_that_are_followed_are_told_with_what_went_wrong(recommender: Recommender) -> None:
    sources = WebSources(recommender.archive.catalog)
    sources.put(WebSourceRow("https://news.example/feed", "feed", {}, 300, 0, 1_772_600_000))
    sources.put(WebSourceRow("https://blog.example", "", {}, 300, 0, None, 3, "it is slow; try again later"))
    status = recommender.status()
    rows = dict(status.to_rows())
    assert rows["followed"] == "2"
    assert rows["follows https://news.example/feed"] == "0 stories, read 2026-03-04T04:53:20Z"
    assert rows["follows https://blog.example"] == "0 stories, not read yet; it is slow; try again later"
    assert "https://blog.example failed 3 times in a row" in status.problems[-1]
