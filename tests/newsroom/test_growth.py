"""Each poll, publish, edit, page and post costs as much where there is five times as much of everything."""

from __future__ import annotations

import pytest

from tests.newsroom.counts import BEFORE, COUNTED, FIRST_LOOK, Cost, costs

FEW, MANY = 300, 1500
MORE, SOME = 2, 2000
"""How many times as many steps a statement may take, and how many more. To look at each story takes 3,600."""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Cost]]:
    """Return what each act costs in a small archive and in a large one."""
    return [costs(tmp_path_factory.mktemp("grown") / "archive", count) for count in (FEW, MANY)]


def test_no_statement_takes_more_steps_where_there_is_more(counted: list[dict[str, Cost]]) -> None:
    few, many = counted
    more = [
        f"{what}: {few[what].steps[kind]} steps, then {taken}: {kind}"
        for what in few.keys() - {BEFORE, FIRST_LOOK}
        for kind, taken in many[what].steps.items()
        if taken > few[what].steps[kind] * MORE + SOME
    ]
    assert more == []
    assert few["a publish"].steps.total() > 5_000  # or nothing was counted


def test_no_plan_reads_a_whole_table(counted: list[dict[str, Cost]]) -> None:
    found = {what: cost.scans for each in counted for what, cost in each.items() if cost.scans}
    assert found.keys() <= {BEFORE, FIRST_LOOK, COUNTED}


MOST = {
    "an idle poll": 28,
    "a publish": 320,
    "an update": 290,
    "a pin": 75,
    "a withdrawal": 110,
    "a page": 16,  # where neither it nor its targets were read before
    "the same page": 0,
    "its next look": 0,
    "a look of the learning thread": 8,
}
"""Statements of each act, some more than it takes: who needs more says so here."""


def test_no_act_asks_more_than_it_did(counted: list[dict[str, Cost]]) -> None:
    asked = {what: max(each[what].statements for each in counted) for what in MOST}
    assert {what: count for what, count in asked.items() if count > MOST[what]} == {}
