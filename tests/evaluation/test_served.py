"""What is served passes the floor and the link policy, and is never more than a block."""

from __future__ import annotations

from dataclasses import replace

from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.case import make_case
from recommender.evaluation.ours import Ours
from recommender.evaluation.served import Served
from recommender.settings import Settings
from tests.arrays import EMBEDDER
from tests.evaluation.conftest import LINKS, STORIES

QUERIES = (20, 41, 60, 95)


def served(tmp_path, stories=STORIES, **settings) -> list[list[int]]:
    case = make_case(stories, LINKS)
    with Archive.create(tmp_path, Settings(**settings), EMBEDDER) as archive:
        archive.add(case.stories)
        system = Served(Ours(case, Engine(archive), history=True), follow_ups=False)
        return [system(query).tolist() for query in QUERIES]


def test_a_story_that_may_not_be_linked_to_is_not_served(tmp_path) -> None:
    before = served(tmp_path / "before")
    hidden = {block[0] for block in before}
    marked = [replace(one, sensitive=True) if place in hidden else one for place, one in enumerate(STORIES)]
    after = served(tmp_path / "after", marked)
    assert not hidden & {place for block in after for place in block}
    assert all(after)


def test_no_more_slots_than_the_setting_and_none_below_the_floor(tmp_path) -> None:
    assert {len(block) for block in served(tmp_path / "two", slots=2)} == {2}
    assert served(tmp_path / "none", least_score=1) == [[]] * len(QUERIES)
