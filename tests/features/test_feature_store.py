"""The store gives back what was put, also after saving and mapping, and hides what it should."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.analysis.words import encode_text
from recommender.errors import ArchiveError, ArchiveVersionError
from recommender.features.feature_store import FORMAT, Store
from recommender.story.story import Status
from tests.arrays import EMBEDDER, START, encoded, same, store_of, story

STORIES = [encoded(story(number, tags=("a", f"t{number}"), authors=("b",))) for number in range(12)]
SECONDS = int(START.timestamp())
HOUR = 3600

Steps = st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(0, 11)), max_size=25)


def replay(store: Store, steps: list[tuple[int, int | None]], held: dict[int, int]) -> None:
    for num, which in steps:
        if which is None:
            assert store.drop(num) == (held.pop(num, None) is not None)
        else:
            store.put(num, STORIES[which])
            held[num] = which


def check(store: Store, held: dict[int, int]) -> None:
    assert store.nums.tolist() == sorted(held)
    assert len(store) == len(held)
    assert all(num in store and same(store.item(num), STORIES[which]) for num, which in held.items())
    newest = sorted(held, key=lambda num: (-held[num], num))
    assert store.recent(SECONDS + 99 * HOUR, 5).tolist() == newest[:5]


@settings(max_examples=50)  # each writes files
@given(Steps, Steps)
def test_holds_what_a_dict_holds(tmp_path_factory: pytest.TempPathFactory, before: list, after: list) -> None:
    store, held = Store(EMBEDDER.dimension), {}
    replay(store, before, held)
    check(store, held)
    directory = tmp_path_factory.mktemp("store")
    store.save(directory)
    mapped = Store.load(directory)
    check(mapped, held)
    replay(mapped, after, held)
    check(mapped, held)


@settings(max_examples=30)  # each writes files
@given(Steps, Steps, st.integers(0, 11))
def test_what_was_tried_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, before: list, after: list, which: int
) -> None:
    tried, held = Store(EMBEDDER.dimension), {}
    other, held_there = Store(EMBEDDER.dimension), {}
    replay(tried, before, held)
    replay(other, before, held_there)
    size = tried.size
    for _ in range(3):
        with tried.trying(STORIES[which]) as num:
            assert num == size
            assert same(tried.item(num), STORIES[which])
        assert tried.size == size
        check(tried, held)
    replay(tried, after, held)
    replay(other, after, held_there)
    check(tried, held)
    files = []
    for store in (tried, other):
        directory = tmp_path_factory.mktemp("store")
        store.save(directory)
        files.append({file.name: file.stat().st_size for file in directory.glob("*.npy")})
    assert files[0] == files[1]


def test_gathers_rows_in_the_order_asked() -> None:
    store = store_of([story(number) for number in range(5)])
    nums = np.array([4, 2, 5])
    rows = store.terms("words", nums)
    for i, num in enumerate(nums):
        part = slice(rows.offsets[i], rows.offsets[i + 1])
        assert rows.ids[part].tolist() == store.item(num).words.ids.tolist()
        assert rows.counts[part].tolist() == store.item(num).words.counts.tolist()
    np.testing.assert_array_equal(store.headline_vectors(nums)[1], store.item(2).vectors[0])
    np.testing.assert_allclose(store.means(nums)[1], store.item(2).mean, atol=1e-3)


def test_a_story_is_visible_in_its_window_only() -> None:
    embargoed = story(1, status=Status.EMBARGOED, embargo_until=START + timedelta(hours=5))
    expires = story(2, expires=START + timedelta(hours=4))
    retracted = story(3, status=Status.RETRACTED)
    store = store_of([embargoed, expires, retracted])
    seen = {hour: store.visible(store.nums, SECONDS + hour * HOUR).tolist() for hour in (1, 2, 4, 5)}
    assert seen == {
        1: [False, False, False],
        2: [False, True, False],
        4: [False, False, False],
        5: [True, False, False],
    }


def test_recent_looks_past_those_that_may_not_be_seen() -> None:
    stories = [story(n, status=Status.PUBLISHED if n % 3 == 0 else Status.DRAFT) for n in range(3000)]
    store = Store(EMBEDDER.dimension)
    for num, one in enumerate(stories):
        store.put(num, encoded(one) if num < 5 else STORIES[0])
        store.column("published")[num] = SECONDS + num
        store.column("visible_until")[num] = 2**62 if num % 3 == 0 else 0
    now = SECONDS + 10**6
    found = store.recent(SECONDS + 2000, 4, lambda nums: store.visible(nums, now))
    assert found.tolist() == [1998, 1995, 1992, 1989]


def test_a_text_without_a_date_cannot_be_stored() -> None:
    text = encode_text("flood", EMBEDDER.encode(["flood"]))
    with pytest.raises(ValueError, match="without a date"):
        Store(EMBEDDER.dimension).put(1, text)


def test_vectors_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1 \+ n, 8\) are stored"):
        Store(8).put(1, STORIES[0])


def test_a_dropped_story_is_not_to_be_had() -> None:
    store = store_of([story(1)])
    store.drop(1)
    with pytest.raises(KeyError):
        store.item(1)


@pytest.mark.parametrize("name", ["terms.values.000000000000.npy", "published.npy", "store.json"])
def test_a_torn_or_missing_file_is_said(tmp_path: Path, name: str) -> None:
    store_of([story(1)]).save(tmp_path)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ArchiveError, match="rebuild"):
        Store.load(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ArchiveError, match="rebuild"):
        Store.load(tmp_path)


def test_a_newer_format_is_said(tmp_path: Path) -> None:
    store_of([story(1)]).save(tmp_path)
    head = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps(head | {"format": FORMAT + 1}))
    with pytest.raises(ArchiveVersionError, match="upgrade"):
        Store.load(tmp_path)


def test_readers_see_whole_rows_while_one_writes_and_saves(tmp_path: Path) -> None:
    store, stop, wrong = Store(EMBEDDER.dimension), threading.Event(), []
    nums = np.arange(1, 6)
    for num in nums:
        store.put(int(num), STORIES[0])
    known = {tuple(each.words.ids.tolist()) for each in STORIES}
    openings = {tuple(each.vectors[0].tolist()) for each in STORIES}

    def read() -> None:
        while not stop.is_set():
            rows = store.terms("words", nums)
            texts = {tuple(part.tolist()) for part in np.split(rows.ids, rows.offsets[1:-1])}
            headlines = set(map(tuple, store.headline_vectors(nums).tolist()))
            wrong.extend(texts - known)
            wrong.extend(headlines - openings)
            wrong.extend(set(store.recent(2**60, 9).tolist()) - set(nums.tolist()))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    generator = np.random.default_rng(2)
    for step in range(600):
        store.put(int(generator.integers(1, 6)), STORIES[int(generator.integers(len(STORIES)))])
        if step % 100 == 99:
            (tmp_path / str(step)).mkdir()
            store.save(tmp_path / str(step))
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
