"""What the gate would refuse for reasons known beforehand takes no candidate's place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender import Recommender, Settings, Status, Story
from recommender.engine.search_scope import Scope, among
from recommender.story.story import Link
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, Clock, a_story, ids

FEW = Settings(candidates=4, recent=3, least_score=0, slots=3)
PAGE = "https://a.example/source"
REFUSED: dict[str, dict[str, object]] = {
    "sensitive": {"sensitive": True},
    "never": {"never_link_to": True},
    "language": {"language": "fr"},
    "page": {"canonical_url": PAGE},
    "linked": {"url": "https://a.example/linked"},
    "excluded": {},
}


def blocks(stories: Iterable[Story], excluded: Iterable[str] = ()) -> dict[tuple[str, str], float]:
    """Return the page's block and the engine's, with the scores."""
    with (
        TemporaryDirectory() as place,
        Recommender.create(Path(place) / "a", FEW, HashEmbedder(32), Clock()) as made,
    ):
        made.add(stories)
        for id in excluded:
            made.newsroom.exclude("source", id, "ed")
        asked = {"page": made.related("source")}
        if not excluded:
            asked["engine"] = made.related("source", engine=True)
        return {(door, slot.story.id): slot.score for door, block in asked.items() for slot in block.slots}


@given(st.lists(st.sampled_from([*REFUSED]), min_size=1, max_size=8), st.integers(1, 5))
@settings(max_examples=12)
def test_a_refused_story_is_as_good_as_a_hidden_one(reasons: list[str], others: int) -> None:
    """Both are held, so both count as text; neither takes a place among the few that are scored."""
    links = tuple(Link(target=f"refused{n}") for n, why in enumerate(reasons) if why == "linked")
    source = a_story("source", hours=-1, url=PAGE, language="en", links=links)
    shown = [a_story(f"shown{n}", hours=-9 - n, language="en") for n in range(others)]
    near = [
        replace(
            a_story(f"refused{n}", f"{SUBJECTS[0]} {source.headline}", hours=-2 - n, language="en"),
            **({"url": None} | REFUSED[why]),  # type: ignore[arg-type]
        )
        for n, why in enumerate(reasons)
    ]
    hidden = [replace(one, status=Status.DRAFT) for one in near]
    excluded = [one.id for one, why in zip(near, reasons, strict=True) if why == "excluded"]
    with_refused = blocks([source, *shown, *near], excluded)
    assert with_refused == pytest.approx(blocks([source, *shown, *hidden], excluded), rel=1e-4)


@pytest.mark.parametrize("tag", ["en", "eng", "en_US"])
def test_two_languages_on_one_subject_do_not_starve_each_other(tag: str, tmp_path: Path) -> None:
    few = Settings(candidates=20, recent=20, least_score=0)
    with Recommender.create(tmp_path / "a", few, HashEmbedder(32)) as made:
        for n in range(40):
            hours = -100 + n * 2
            made.add([a_story(f"fr{n}", hours=hours + 1, language="fr")])
            made.add([a_story(f"en{n}", hours=hours, language=tag if n % 2 else "en")])
        for name in ("en20", "fr20"):
            block = made.related(name)
            assert len(block.slots) == 5
            assert {id[:2] for id in ids(block)} == {name[:2]}


def test_a_new_story_finds_the_pages_of_its_language(tmp_path: Path) -> None:
    patient = Settings(diff_seconds=60, least_score=0)
    with Recommender.create(tmp_path / "a", patient, HashEmbedder(32), Clock()) as made:
        made.add([a_story(f"fr{n}", hours=-100 - n, language="fr") for n in range(60)])
        made.add([a_story("old", f"{SUBJECTS[0]} other words", hours=-90, language="en")])
        made.newsroom.refresh(200, 60)
        published = made.newsroom.publish(a_story("new", hours=-1, language="en"))
        assert [change.source for change in published.changed] == ["old"]


def test_a_long_list_of_links_leaves_the_block_full(tmp_path: Path) -> None:
    with Recommender.create(tmp_path / "a", FEW, HashEmbedder(32), Clock()) as made:
        others = [a_story(f"n{n}", hours=-50 + n) for n in range(30)]
        links = tuple(Link(target=one.id) for one in others[8:])
        made.add([*others, a_story("source", links=links)])
        assert set(ids(made.related("source"))) < {one.id for one in others[:8]}
        assert len(made.related("source").slots) == FEW.slots


@given(
    st.dictionaries(st.integers(0, 30), st.integers(-3, 3), min_size=1),
    st.frozensets(st.integers(0, 30)),
    st.frozensets(st.integers(0, 30), max_size=3),
)
def test_a_draft_stands_where_it_would_if_it_were_held(
    worth: dict[int, int], drafts: frozenset[int], left_out: frozenset[int]
) -> None:
    """What is usual is told by the first of a pool: a draft at its end would be scored as no story is."""
    every = np.array([*worth], np.int64)
    order = np.zeros(31, np.int64)
    order[every] = [*worth.values()]
    ranked = every[np.argsort(-order[every], kind="stable")]
    scope = Scope.at(0, without=left_out)
    found = scope.first(ranked[~np.isin(ranked, list(drafts))], 31)
    tried = replace(scope, drafts=drafts & worth.keys())
    whole = tried.with_drafts(found, order.__getitem__)
    assert {*whole} == {*worth} - left_out
    assert (np.diff(order[whole]) <= 0).all()
    assert len(whole) == len({*whole})


@given(st.lists(st.integers(0, 60), max_size=40), st.sets(st.integers(0, 60), max_size=40))
def test_of_few_and_of_many_the_same_is_left_out(nums: list[int], some: set[int]) -> None:
    found = among(np.array(nums, np.int64), some)
    assert found.tolist() == [num in some for num in nums]
