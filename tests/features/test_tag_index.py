"""The index of tags names the stories that a look at every story would, and looks at few."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.analysis.words import code
from recommender.features.feature_store import Store
from tests.arrays import EMBEDDER, encoded, store_of, story

TAGS = ("delta", "ferry", "court")
Carried = st.sets(st.sampled_from(TAGS))
STORIES = {
    frozenset(TAGS[i] for i in range(3) if bits >> i & 1): encoded(
        story(bits, tags=tuple(TAGS[i] for i in range(3) if bits >> i & 1))
    )
    for bits in range(8)
}
Steps = st.lists(
    st.tuples(st.sampled_from(("put", "put", "drop", "try", "save")), st.integers(0, 6), Carried), max_size=30
)


def tagged(store: Store, *tags: str) -> list[int]:
    return store.tagged(map(code, tags)).tolist()


@settings(max_examples=100, deadline=None)
@given(Steps, st.sets(st.sampled_from((*TAGS, "nobody's"))))
def test_names_those_that_carry_a_tag_now(steps: list[tuple[str, int, set[str]]], asked: set[str]) -> None:
    store, held = Store(EMBEDDER.dimension), dict[int, set[str]]()
    with TemporaryDirectory() as place:
        for number, (act, num, tags) in enumerate(steps):
            if act == "put":
                store.put(num, STORIES[frozenset(tags)])
                held[num] = tags
            elif act == "drop":
                store.drop(num)
                held.pop(num, None)
            elif act == "try":
                with store.trying(STORIES[frozenset(tags)]) as tried:
                    assert tagged(store, *asked) == sorted(
                        num for num, carried in held.items() if num != tried and carried & asked
                    )
            else:
                directory = Path(place, str(number))
                directory.mkdir()
                store.save(directory)
                store = Store.load(directory)
            assert tagged(store, *asked) == sorted(num for num, carried in held.items() if carried & asked)


def test_looks_at_no_story_whose_tags_never_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_of([story(n, tags=("delta",) if n % 2 else ("ferry", "court")) for n in range(40)])
    looked_at: list[int] = []
    codes = Store.codes

    def counted(self: Store, channel: str, nums: Iterable[int]) -> object:
        looked_at.extend(nums)
        return codes(self, channel, np.asarray(nums))

    monkeypatch.setattr(Store, "codes", counted)
    assert len(tagged(store, "delta")) == 20
    assert looked_at == []
    store.put(5, encoded(story(4, tags=("delta",))))
    store.put(7, encoded(story(6, tags=("ferry", "court", "delta"))))
    looked_at.clear()
    assert len(tagged(store, "court")) == 19
    assert looked_at == [5]  # 7 has only one more


def test_a_story_that_cannot_be_stored_is_not_found() -> None:
    store = store_of([])
    with suppress(ValueError):
        Store(8).put(1, encoded(story(1, tags=("delta",))))
    assert tagged(store, "delta") == []
