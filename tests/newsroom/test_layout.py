"""Frozen before pins before engine, each past the gate: against a plain restatement, and known answers."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.block_records import SlotRow
from recommender.newsroom import EditorAct, EditorDecisions, EditorEvent
from recommender.newsroom.editor_decisions import decisions_from
from recommender.newsroom.layout import CachedStory, arrange
from recommender.story.link_policy import Standing
from tests.newsroom.world import a_story

NAMES = "abcdefgh"
KNOWN = {name: CachedStory(n, a_story(name), Standing.of(a_story(name))) for n, name in enumerate(NAMES)}
SOME = st.lists(st.sampled_from(NAMES), max_size=6, unique=True)
PINS = st.dictionaries(st.integers(1, 5), st.sampled_from(NAMES), max_size=3)
EVENTS = st.lists(
    st.builds(
        lambda act, target, position, more: (act, (target, *more) if act in BLOCKS else (target,), position),
        st.sampled_from(EditorAct),
        st.sampled_from(NAMES),
        st.integers(1, 3),
        SOME,
    ),
    max_size=8,
)
BLOCKS = (EditorAct.FREEZE, EditorAct.IMPORT)


def places(decisions: EditorDecisions, picks: list[str], k: int, refused: set[str]) -> list[tuple[str, bool]]:
    rows = [SlotRow(name, score=1.0) for name in picks]
    found = arrange(decisions, rows, k, lambda id: None if id in refused else KNOWN[id])
    return [(place.known.story.id, place.pinned) for place in found]


def test_pins_stand_where_they_were_put_and_the_rest_closes_up_around_them() -> None:
    decisions = EditorDecisions(pins={2: "h", 4: "g"}, curated=("a", "h", "b"))
    assert places(decisions, ["c", "a", "d"], 5, set()) == [
        ("a", True), ("h", True), ("b", True), ("g", True), ("c", False)
    ]  # fmt: skip
    assert places(decisions, ["c"], 5, {"a", "h", "b"}) == [("c", False), ("g", True)]


def test_a_frozen_block_is_shown_alone_and_only_the_gate_takes_from_it() -> None:
    decisions = EditorDecisions(frozen=("a", "b", "c"), pins={1: "h"}, curated=("g",))
    assert places(decisions, ["d", "e"], 5, {"b"}) == [("a", True), ("c", True)]


@given(PINS, SOME, SOME, st.none() | SOME, st.sets(st.sampled_from(NAMES)), st.integers(1, 6))
def test_every_block_keeps_the_precedence(
    pins: dict[int, str],
    curated: list[str],
    picks: list[str],
    frozen: list[str] | None,
    refused: set[str],
    k: int,
) -> None:
    decisions = EditorDecisions(
        pins=pins, curated=tuple(curated), frozen=None if frozen is None else tuple(frozen)
    )
    found = places(decisions, picks, k, refused)
    shown = [name for name, _ in found]
    assert len(shown) == len(set(shown)) <= k
    assert not refused & set(shown)
    if frozen is not None:
        assert shown == [name for name in frozen if name not in refused][:k]
        return
    first_pin = {name: position for position, name in sorted(pins.items(), reverse=True)}
    for name, position in first_pin.items():
        if name not in refused and position <= k:
            assert name in shown
            assert shown.index(name) + 1 <= position, "a gap closes up, and never pushes a pin down"
    others = [name for name in shown if name not in pins.values()]
    wanted = [name for name in dict.fromkeys([*curated, *picks]) if name not in refused | set(pins.values())]
    assert others == wanted[: len(others)]
    assert len(shown) == k or others == wanted


@given(EVENTS, st.data())
def test_undoing_an_act_is_as_if_it_had_never_been(
    acts: list[tuple[EditorAct, tuple[str, ...], int]], data: st.DataObject
) -> None:
    at = datetime(2024, 5, 1, tzinfo=UTC)
    events = [
        EditorEvent(num=n, source="s", act=act, targets=targets, position=position, by="ann", at=at)
        for n, (act, targets, position) in enumerate(acts)
    ]
    gone = data.draw(st.sets(st.sampled_from(range(len(events))))) if events else set()
    undone = [
        EditorEvent(
            **{**{f: getattr(e, f) for f in EditorEvent.__slots__}, "undone_at": at, "undone_by": "bo"}
        )
        if e.num in gone
        else e
        for e in events
    ]
    assert decisions_from(undone) == decisions_from([e for e in events if e.num not in gone])
    decisions = decisions_from(events)
    assert len(set(decisions.pins.values())) == len(decisions.pins), "a story is pinned once"
    assert not decisions.excluded & set(decisions.pins.values()), "what is pinned is not excluded"


def test_the_next_version_stands_in_for_one_that_is_refused_and_one_happening_takes_one_slot() -> None:
    rows = [SlotRow("a", timeline=("b", "c")), SlotRow("d")]

    def shown(decisions: EditorDecisions, refused: set[str]) -> list[list[str]]:
        places = arrange(decisions, rows, 5, lambda id: None if id in refused else KNOWN[id])
        return [[known.story.id for known in (place.known, *place.timeline)] for place in places]

    assert shown(EditorDecisions(), set()) == [["a", "b", "c"], ["d"]]
    assert shown(EditorDecisions(), {"a"}) == [["b", "c"], ["d"]]
    assert shown(EditorDecisions(), {"a", "b", "c"}) == [["d"]]
    assert shown(EditorDecisions(pins={2: "b"}), set()) == [["d"], ["b"]]
