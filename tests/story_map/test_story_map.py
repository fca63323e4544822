"""The picture shows what readers may see and nothing else, keeps up, and is made anew when due."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recommender.archive.archive import Archive
from recommender.errors import ArchiveError
from recommender.story.story import Status, Story
from recommender.story_map import projection
from recommender.story_map.layout import Layout
from recommender.story_map.story_map import DAY, MAGIC, SECTIONS, Picture, StoryMap
from tests.fakes import HashEmbedder
from tests.newsroom.world import MAY, SUBJECTS, Clock, a_story, at

SECRET = "Unsaid"
TICKS = count()


def told(n: int) -> Story:
    words = SUBJECTS[n % 3]
    return a_story(f"s{n}", f"{words} {words}", hours=-n, section=words.split()[0] if n % 4 else None)


WORLD = [told(n) for n in range(72)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.create(tmp_path_factory.mktemp("map") / "archive", embedder=HashEmbedder(32)) as made:
        made.add(WORLD)
        yield made


@pytest.fixture(scope="module")
def story_map(archive: Archive) -> StoryMap:
    made = StoryMap(archive, Clock())
    made.make()
    return made


def ids(archive: Archive, picture: Picture | None) -> set[str]:
    assert picture is not None
    return set(archive.catalog.ids_of(picture.nums.tolist()).values())


def ids_in_order(archive: Archive, picture: Picture) -> list[str]:
    held = archive.catalog.ids_of(picture.nums.tolist())
    return [held[num] for num in picture.nums.tolist()]


def test_all_stories_have_a_place_a_day_and_a_section(archive: Archive, story_map: StoryMap) -> None:
    picture = story_map.picture()
    assert ids(archive, picture) == {story.id for story in WORLD}
    assert picture is not None
    assert set(picture.names) == {words.split()[0] for words in SUBJECTS}
    held = archive.catalog.by_nums(picture.nums.tolist())
    for num, section, published in zip(picture.nums, picture.sections, picture.published, strict=True):
        story = held[int(num)]
        assert story.published.timestamp() == published
        assert (picture.names[section - 1] if section else None) == story.section
    assert len(picture.names) <= SECTIONS


def test_clusters_are_named_by_what_their_stories_hold(archive: Archive, story_map: StoryMap) -> None:
    picture = story_map.picture()
    assert picture is not None
    named = {term for cluster in picture.clusters for term in cluster.terms}
    assert named & {"rain", "river", "flood", "poll", "party", "vote", "cup", "match", "goal"}
    assert sum(cluster.stories for cluster in picture.clusters) <= len(WORLD)


def test_the_points_are_packed_as_it_is_told(story_map: StoryMap) -> None:
    picture = story_map.picture()
    assert picture is not None
    data, n = picture.packed, len(picture.nums)
    assert (data[:4], int(np.frombuffer(data, "<u4", 1, 4)[0])) == (MAGIC, n)
    assert np.array_equal(np.frombuffer(data, "<f4", 2 * n, 8).reshape(-1, 2), picture.places)
    assert np.array_equal(np.frombuffer(data, "<i4", n, 8 + 8 * n), picture.published // DAY)
    assert np.array_equal(np.frombuffer(data, "<u4", n, 8 + 12 * n), picture.nums)
    assert np.array_equal(np.frombuffer(data, "<i2", n, 8 + 16 * n), picture.labels)
    assert np.array_equal(np.frombuffer(data, "u1", n, 8 + 18 * n), picture.sections)
    assert len(data) == 8 + 19 * n


HIDING = (
    {"status": Status.DRAFT},
    {"status": Status.RETRACTED},
    {"expires": MAY - timedelta(minutes=1)},
    {"embargo_until": MAY + timedelta(days=1)},
    {"sensitive": True},
    {"never_link_to": True},
)


@given(hidden=st.dictionaries(st.sampled_from(WORLD), st.sampled_from(HIDING), min_size=1, max_size=8))
@settings(max_examples=5, deadline=None, phases=[Phase.generate])
def test_what_readers_may_not_see_is_on_no_picture(
    archive: Archive, story_map: StoryMap, hidden: dict[Story, dict[str, object]]
) -> None:
    begins, ends = (MAY + timedelta(seconds=next(TICKS)) for _ in range(2))
    archive.add(replace(story, updated=begins, headline=SECRET, **how) for story, how in hidden.items())  # type: ignore[arg-type]
    try:
        assert ids(archive, story_map.picture()) == {s.id for s in WORLD} - {s.id for s in hidden}
        made = StoryMap(archive, Clock())
        made.make()
        picture = made.picture()
        assert ids(archive, picture).isdisjoint(story.id for story in hidden)
        assert SECRET not in str(picture and picture.to_dict())
    finally:
        archive.add(replace(story, updated=ends) for story in hidden)


def test_a_term_is_gone_with_the_stories_that_hold_it(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        made = StoryMap(archive, Clock())
        before = made.make()
        term = before.clusters[0].terms[0]
        holders = [story for story in WORLD if term.lower() in f"{story.headline} {story.body}".lower()]
        archive.add(replace(s, status=Status.RETRACTED, updated=MAY) for s in holders[1:])
        picture = made.picture()
        assert picture is not None
        assert all(term not in cluster.terms for cluster in picture.clusters)


def test_a_term_is_gone_when_corrections_take_it_out_of_the_stories_that_hold_it(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        made = StoryMap(archive, Clock())
        term = made.make().clusters[0].terms[0]
        taken = re.compile(term, re.IGNORECASE)
        archive.add(
            replace(s, headline=taken.sub("ox", s.headline), body=taken.sub("ox", s.body), updated=MAY)
            for s in WORLD
        )
        picture = made.picture()
        assert picture is not None
        assert len(picture.nums) == len(WORLD)
        assert all(term not in cluster.terms for cluster in picture.clusters)


def test_a_burst_of_like_stories_lies_among_those_that_were_there(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        held_back = [replace(told(0), id=f"h{n}", url=None, embargo_until=at(1)) for n in range(30)]
        archive.add([*held_back, *WORLD])
        clock = Clock()
        made = StoryMap(archive, clock)
        before = made.make()
        flood = before.places[[int(id[1:]) % 3 == 0 for id in ids_in_order(archive, before)]]
        clock.now += 2 * 3600  # those that were held back air, whose numbers are lower than all others
        archive.add(replace(told(0), id=f"n{n}", url=None) for n in range(30))
        picture = made.picture()
        assert len(ids(archive, picture)) == len(WORLD) + 60
        assert picture is not None
        for id, place in zip(ids_in_order(archive, picture), picture.places, strict=True):
            if id[0] in "hn":
                assert place.any()
                assert (flood.min(0) <= place).all()
                assert (place <= flood.max(0)).all()


def test_a_coarse_picture_is_made_anew_once_a_better_one_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        made = StoryMap(archive, Clock())
        with monkeypatch.context() as patched:
            patched.setattr(projection, "find_spec", lambda _: None)
            assert made.make().method == projection.PLAIN
            assert not made.is_due()
        assert made.is_due()
        assert made.make().method == projection.TSNE
        assert not made.is_due()


def test_a_picture_is_the_same_until_a_story_changes_airs_or_ends(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        ends = replace(told(1), expires=at(2))
        archive.add([replace(told(0), embargo_until=at(1)), ends, *WORLD[2:]])
        clock = Clock()
        made = StoryMap(archive, clock)
        counts = [len(made.make().nums)]
        for hours in (0.5, 1, 1.5, 2):
            clock.now = at(hours).timestamp()
            counts.append(len((made.picture() or made.make()).nums))
        assert counts == [71, 71, 72, 72, 71]
        first = made.picture()
        assert made.picture() is first
        archive.add([replace(told(5), section="Elsewhere", updated=at(2))])
        assert made.picture() is not first


def test_places_of_an_earlier_picture_are_not_kept_in_one_that_is_made_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        made = StoryMap(archive, Clock())
        made.make()
        first = Layout.load(made._path)
        archive.add([told(99)])
        index = archive.catch_up().index
        assert index is not None
        search = index.search

        def write_meanwhile(*asked: Any) -> Any:
            monkeypatch.setattr(index, "search", search)
            found = search(*asked)
            replace(first, places=-first.places).save(made._path)
            os.utime(made._path, (1, 1))
            threads.append(threading.Thread(target=made.is_due))
            threads[0].start()
            threads[0].join(0.2)  # reads what was written, or waits
            return found

        threads: list[threading.Thread] = []
        monkeypatch.setattr(index, "search", write_meanwhile)
        made.picture()
        threads[0].join()
        shown, anew = made.picture(), StoryMap(archive, Clock()).picture()
        assert shown is not None
        assert anew is not None
        assert shown.packed == anew.packed


def test_a_new_story_lies_among_its_nearest_until_the_picture_is_made_anew(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        made = StoryMap(archive, Clock())
        made.make()
        archive.add([told(99)])
        picture = made.picture()
        assert picture is not None
        (place,) = np.flatnonzero(picture.nums == archive.catalog.nums_of(["s99"])["s99"])
        apart = ((picture.places - picture.places[place]) ** 2).sum(1)
        nearest = archive.catalog.by_nums(picture.nums[np.argsort(apart)[1:4]].tolist())
        assert {story.headline.split()[0] for story in nearest.values()} == {told(99).headline.split()[0]}
        assert not made.is_due()
        archive.add(told(n) for n in range(100, 112))
        assert made.is_due()
        made.make_beside()
        made._job.wait()
        assert not made.is_due()


def test_another_process_and_a_damaged_file(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        empty = StoryMap(archive, Clock())
        assert (empty.picture(), empty.is_due(), len(empty.make().nums)) == (None, False, 0)
        archive.add(WORLD)
        one, other = StoryMap(archive, Clock()), StoryMap(archive, Clock())
        assert one.is_due()
        assert one.make().packed == (other.picture() or one.make()).packed
        one._path.write_bytes(b"PK\x03\x04 torn")
        fresh = StoryMap(archive, Clock())
        assert (fresh.picture(), fresh.is_due()) == (None, True)
        with pytest.raises(ArchiveError, match="holds no picture"):
            Layout.load(one._path)


def test_a_story_that_was_rewritten_lies_among_those_that_it_tells_like_now(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        story_map = StoryMap(archive, Clock())
        before = story_map.make()
        words = SUBJECTS[1]
        archive.add(
            [
                replace(
                    told(0),
                    headline=words,
                    body=f"{words} {words}",
                    updated=told(0).published + timedelta(hours=9),
                )
            ]
        )
        after = story_map.picture()
        assert after is not None
        held = ids_in_order(archive, after)
        others = [held.index(f"s{n}") for n in range(1, 72, 3)]
        at = held.index("s0")
        assert (before.nums == after.nums).all()
        assert after.labels[at] in after.labels[others]
        middle = np.median(after.places[others], axis=0)
        far = np.linalg.norm(before.places[at] - middle)
        assert np.linalg.norm(after.places[at] - middle) < far
        same = np.arange(len(held)) != at
        assert (before.places[same] == after.places[same]).all()
        assert not story_map.is_due()


def test_a_picture_of_which_a_tenth_was_rewritten_is_due(tmp_path: Path) -> None:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(32)) as archive:
        archive.add(WORLD)
        story_map = StoryMap(archive, Clock())
        story_map.make()
        later = [
            replace(told(n), body=f"{SUBJECTS[2]} again", updated=told(n).published + timedelta(hours=9))
            for n in range(9)
        ]
        archive.add(later)
        assert story_map.is_due()
