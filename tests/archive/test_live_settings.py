"""Settings of an open archive follow what is chosen: the newest holds, whatever threads and versions do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from recommender import Settings
from recommender.archive.live_settings import LiveSettings
from recommender.catalog import Catalog
from recommender.catalog.chosen_settings import ChosenSettings


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.create(tmp_path / "catalog.sqlite") as catalog:
        yield catalog


def choose(catalog: Catalog, values: Mapping[str, object]) -> None:
    chosen = ChosenSettings(catalog)
    chosen.add({"values": values, "by": "sports-desk", "note": "", "at": 1}, len(chosen.all()))


def test_what_a_slow_thread_read_before_is_never_put_over_what_holds(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveSettings(catalog, Settings())
    choose(catalog, {"slots": 6})
    has_read, may_go_on, read = threading.Event(), threading.Event(), ChosenSettings.read

    def slow(chosen: ChosenSettings) -> object:
        found = read(chosen)
        if threading.current_thread() is older:
            has_read.set()
            may_go_on.wait(60)
        return found

    monkeypatch.setattr(ChosenSettings, "read", slow)
    older, newer = threading.Thread(target=live.look), threading.Thread(target=live.look)
    older.start()
    assert has_read.wait(60)
    choose(catalog, {"slots": 9})
    newer.start()
    newer.join(0.2)  # either it waits for the other, or it has ended
    may_go_on.set()
    for thread in (older, newer):
        thread.join()
    live.look()
    assert live.current.slots == 9


def test_what_another_version_lets_be_chosen_is_left_out_with_a_word(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    choose(catalog, {"novelty": 0.5, "slots": 3.0, "recency": 1})
    with caplog.at_level(logging.WARNING):
        live = LiveSettings(catalog, Settings())
        for _ in range(3):
            catalog.set_setting("anything", "else")
            live.look()
    assert (live.current.slots, live.current.recency) == (3, 1.0)
    assert isinstance(live.current.slots, int)
    assert [record.message for record in caplog.records] == [
        "chosen settings: novelty known to another version only; left out"
    ]


@pytest.mark.parametrize(
    "values", [{"slots": None}, {"recency": {"new": 1}}, {"recency": 99}, {"slots": "x"}]
)
def test_what_this_version_cannot_take_leaves_all_as_it_was(
    catalog: Catalog, values: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    live = LiveSettings(catalog, Settings())
    choose(catalog, {"slots": 7})
    live.look()
    choose(catalog, values)
    live.look()
    assert live.current.slots == 7
    assert "the blocks stay as they are" in caplog.text
    assert LiveSettings(catalog, Settings()).current == Settings(), "it opens all the same"
