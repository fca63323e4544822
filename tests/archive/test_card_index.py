"""Headlines found while they are typed: what a plain look at all of them finds, also after changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender.archive import card_index
from recommender.archive.archive import Archive
from recommender.archive.card_index import CardIndex, folded
from tests.arrays import story
from tests.fakes import HashEmbedder

WORDS = (
    "Ferry",
    "ferries",
    "\u09a2\u09be\u0995\u09be",
    "STRASSE",
    "Stra\u00dfe",
    "\u6771\u4eac\u90fd",
    "12",
    "1",
    "off",
)
HEADLINES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as made:
        yield made


def naive(archive: Archive, text: str) -> list[int]:
    words = folded(text).split()
    stories = archive.catalog.by_nums(archive.catalog.nums())
    return [
        num
        for num, one in sorted(stories.items(), reverse=True)
        if words and all(word in folded(one.headline) for word in words)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), HEADLINES)), max_size=6),
    asked=st.sampled_from(
        ["fer", "ferry off", "strasse", "\u09a2\u09be", "\u6771", "1", "2", "\t", "\n", "zzz", "FERRY 12"]
    ),
)
def test_it_finds_what_a_plain_look_at_all_headlines_finds(
    archive: Archive, changes: list[tuple[int, str | None]], asked: str
) -> None:
    index = CardIndex(archive.catalog)
    index.search(asked, 5)
    for n, headline in changes:
        if headline is None:
            archive.remove(f"s{n}") if archive.catalog.get(f"s{n}") else None
        else:
            archive.add([replace(story(n), id=f"s{n}", headline=headline, url=f"https://a.example/s{n}")])
        fresh = CardIndex(archive.catalog)
        wanted = naive(archive, asked)
        assert set(index.search(asked, 100)) == set(wanted)
        assert fresh.search(asked, 100) == wanted
        assert len(index.search(asked, 2)) == min(2, len(wanted))
        assert set(fresh.names().sections) <= set(index.names().sections)


def test_many_changes_are_read_anew_at_once(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_index, "MOST_FRESH", 3)
    index = CardIndex(archive.catalog)
    index.names()
    for n in range(8):
        archive.add([replace(story(n), headline=f"Ferry {n}")])
        assert len(index.search("ferry", 100)) == n + 1


def test_the_names_of_sections_and_kinds_are_known(archive: Archive) -> None:
    archive.add(
        [
            replace(story(1), section=" World ", kind="opinion"),
            replace(story(2), section="\u0996\u09c7\u09b2\u09be"),
        ]
    )
    names = CardIndex(archive.catalog).names()
    assert names.sections == ("World", "\u0996\u09c7\u09b2\u09be")
    assert "opinion" in names.kinds
