"""Running stories: told by what readers may see at that moment, and kept up with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from recommender import Story
from recommender.errors import NotFoundError, QuestionError, SettingsError
from recommender.newsroom import Newsroom, Thread, ThreadState, threads
from recommender.newsroom.thread_settings import ThreadSettings, load_thread_settings
from recommender.newsroom.threads import Threads
from recommender.ranking.event_pairs import EventPairs
from recommender.story.story import Status
from tests.newsroom.world import MAY, START, Clock, a_story, make

FERRY = "ferry Bhola island wreck divers hull river storm captain"
VOTE = "ballot Delta council seats recount mayor turnout precinct ward"


def report(id: str, days: float, words: str = FERRY, **fields: object) -> Story:
    head = f"{words.split()[0].title()} at {words.split()[1]}: {id}"
    return a_story(id, f"{words} {words}", hours=days * 24, **({"headline": head} | fields))


WORLD = [
    *(report(f"f{n}", n - 6) for n in range(6)),
    *(report(f"v{n}", 2 * n - 20, VOTE) for n in range(4)),
    *(a_story(f"o{n}", f"topic{n} thing{n} other{n}", hours=-30 * n - 5) for n in range(12)),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Newsroom, Clock]]:
    clock = Clock()
    with make(tmp_path_factory.mktemp("threads") / "archive", clock) as newsroom:
        newsroom.archive.add(WORLD)
        yield newsroom, clock


def ids(thread: Thread) -> list[str]:
    return [story.id for story in thread.stories]


def test_events_are_told_as_they_run_those_with_the_newest_report_first(
    filled: tuple[Newsroom, Clock],
) -> None:
    ferry, vote = filled[0].threads()
    assert (ids(ferry), ferry.id, ferry.latest.id) == ([f"f{n}" for n in range(6)], "f0", "f5")
    assert (ids(vote), vote.title) == (["v0", "v1", "v2", "v3"], "Ballot at Delta: v3")
    assert (ferry.state, vote.state) == (ThreadState.STEADY, ThreadState.OVER)
    assert "Bhola" in ferry.about
    told = ferry.to_dict()
    assert [each["story"]["id"] for each in told["timeline"]] == ids(ferry)  # type: ignore[index, attr-defined]


def test_any_story_names_its_thread_and_one_alone_has_a_short_one(filled: tuple[Newsroom, Clock]) -> None:
    newsroom, _ = filled
    assert newsroom.thread("f3").id == newsroom.thread("https://a.example/f5").id == "f0"
    assert ids(newsroom.thread("o1")) == ["o1"]
    for name in ("nobody", "https://a.example/nobody"):
        with pytest.raises(NotFoundError, match="no thread has story"):
            newsroom.thread(name)


def test_the_address_of_a_hidden_story_tells_no_more_than_one_that_nobody_has(tmp_path: Path) -> None:
    embargoed = report("secret-17", -0.5, embargo_until=MAY + timedelta(hours=1))
    with make(tmp_path / "archive", Clock()) as newsroom:
        newsroom.archive.add([*WORLD, embargoed, report("old-18", -900)])
        said = []
        for name in ("nobody", "secret-17", "old-18"):
            with pytest.raises(NotFoundError) as refused:
                newsroom.thread(f"https://a.example/{name}")
            said.append(str(refused.value).replace(f"https://a.example/{name}", "it"))
        assert len(set(said)) == 1


def test_as_of_a_day_what_came_later_is_not_told(filled: tuple[Newsroom, Clock]) -> None:
    newsroom, _ = filled
    day = date(2024, 4, 28)  # noon of which is the hour of f3
    (ferry, _) = newsroom.threads(day)
    assert ids(ferry) == ["f0", "f1", "f2", "f3"]
    assert ferry.state is ThreadState.STEADY
    assert [ids(each) for each in newsroom.threads("2024-04-27", least=3)] == [
        ["f0", "f1", "f2"],
        ["v0", "v1", "v2", "v3"],
    ]
    assert newsroom.threads("2020-01-01") == []
    with pytest.raises(QuestionError, match="at is 'soon'"):
        newsroom.threads("soon")
    with pytest.raises(QuestionError, match="least is 0"):
        newsroom.threads(least=0)


def test_an_archive_of_the_past_is_told_as_of_its_newest_story(filled: tuple[Newsroom, Clock]) -> None:
    newsroom, clock = filled
    before = [thread.to_dict() for thread in newsroom.threads()]
    clock.now = START + timedelta(days=1000).total_seconds()
    try:
        later = [thread.to_dict() for thread in newsroom.threads()]
    finally:
        clock.now = START
    assert [each["id"] for each in later] == [each["id"] for each in before]
    assert [each["state"] for each in later] == ["steady", "over"]


def test_more_reports_lately_than_before_are_a_rise(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock()) as newsroom:
        newsroom.archive.add(WORLD)
        assert newsroom.thread("f0").state is ThreadState.STEADY
        newsroom.archive.add([report("f8", -0.2), report("f9", -0.1)])
        assert newsroom.thread("f0").state is ThreadState.RISING


def test_versions_of_one_text_are_one_report(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock()) as newsroom:
        newsroom.archive.add(WORLD)
        first = WORLD[2]
        later = first.published + timedelta(hours=1)
        newsroom.archive.add([replace(first, id="copy", url="https://a.example/copy", published=later)])
        ferry = newsroom.thread("f0")
        assert len(ferry.reports) == 6
        assert [story.id for story in ferry.reports[2].versions] == ["copy"]


HIDING = (
    {"status": Status.DRAFT},
    {"status": Status.RETRACTED},
    {"status": Status.EMBARGOED, "embargo_until": MAY + timedelta(days=1)},
    {"expires": MAY - timedelta(minutes=1)},
    {"sensitive": True},
    {"never_link_to": True},
    {"published": MAY + timedelta(days=2)},
)
SECRET = "Unsaid"
TICKS = count()  # seconds: each version of a story is newer than the last


@given(hidden=st.dictionaries(st.sampled_from(WORLD[:10]), st.sampled_from(HIDING), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None, phases=[Phase.generate])
def test_nothing_hidden_is_told_and_what_is_told_is_what_would_be_found_anew(
    filled: tuple[Newsroom, Clock], hidden: dict[Story, dict[str, Any]]
) -> None:
    newsroom, _ = filled
    archive, clean = newsroom.archive, [thread.to_dict() for thread in newsroom.threads(least=1)]
    begins, ends = (MAY + timedelta(seconds=next(TICKS)) for _ in range(2))
    archive.add(replace(story, updated=begins, headline=SECRET, **how) for story, how in hidden.items())
    try:
        told = [thread.to_dict() for thread in newsroom.threads(least=1)]
        assert SECRET not in str(told)
        for story in hidden:
            assert f"'{story.id}'" not in str(told)
            with pytest.raises(NotFoundError, match="no thread has"):
                newsroom.thread(story.id)
        anew = Threads(newsroom._state, ThreadSettings())
        assert [thread.to_dict() for thread in anew.all(least=1)] == told
    finally:
        archive.add(replace(story, updated=ends) for story in hidden)
    again = [thread.to_dict() for thread in newsroom.threads(least=1)]
    assert [each["id"] for each in again] == [each["id"] for each in clean]


def test_an_embargo_that_ends_is_told_without_any_change(tmp_path: Path) -> None:
    clock = Clock()
    with make(tmp_path / "archive", clock) as newsroom:
        newsroom.archive.add([*WORLD, report("late", -0.5, embargo_until=MAY + timedelta(hours=1))])
        assert "late" not in ids(newsroom.thread("f0"))
        clock.now += 3600
        assert "late" in ids(newsroom.thread("f0"))
        newsroom.delete("late")
        assert "late" not in ids(newsroom.thread("f0"))


def test_who_asks_about_the_past_leaves_the_present_as_it_was_found(
    filled: tuple[Newsroom, Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom, _ = filled
    present = [thread.to_dict() for thread in newsroom.threads()]
    past = [thread.to_dict() for thread in newsroom.threads("2024-04-27")]
    assert newsroom.threads("2020-01-01") == []
    with monkeypatch.context() as patched:  # nothing is compared and nothing named
        patched.setattr(EventPairs, "follow", None)
        patched.setattr(threads, "common_terms", None)
        assert [thread.to_dict() for thread in newsroom.threads()] == present
        assert newsroom.thread("f3", "2024-05-02").id == "f0"  # no day of the past
    assert [thread.to_dict() for thread in newsroom.threads("2024-04-27")] == past


def test_a_thread_is_named_anew_when_its_stories_say_something_else(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock()) as newsroom:
        newsroom.archive.add(WORLD)
        assert "Bhola" in newsroom.thread("f0").about
        newsroom.archive.add(
            replace(
                each, headline=each.headline.replace("Bhola", "Hatiya"),
                body=each.body.replace("Bhola", "Hatiya"), updated=MAY,
            )
            for each in WORLD[:6]
        )  # fmt: skip
        about = newsroom.thread("f0").about
        assert "Hatiya" in about
        assert "Bhola" not in about


def test_an_archive_without_stories_has_no_threads(newsroom: Newsroom) -> None:
    assert newsroom.threads() == []


def test_settings_that_cannot_be_are_refused(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text("[threads]\ndays = 7\nleast = 2\n")
    assert load_thread_settings(tmp_path, {}) == ThreadSettings(days=7, least=2)
    assert load_thread_settings(tmp_path, {"RELATED_THREADS_DAYS": "9"}).days == 9
    for wrong in ({"days": 0}, {"least": 1}, {"over_days": 0.0}):
        with pytest.raises(SettingsError, match=f"threads.{next(iter(wrong))}"):
            ThreadSettings(**wrong)  # type: ignore[arg-type]


def test_a_translation_is_a_version_of_its_report_in_a_thread_of_both_languages(tmp_path: Path) -> None:
    facts = [f"{4000 + 37 * n} {71_000 + 11 * n} {88.5 + n:.1f} {1205 + 3 * n}" for n in range(4)]
    german = "Fähre Insel Wrack Taucher Rumpf Fluss Sturm Kapitän gesunken Rettung"
    english = [
        report(f"en{n}", n - 5, language="en", body=f"{FERRY} {FERRY} en{n}x en{n}y. {facts[n]}")
        for n in range(4)
    ]
    others = [
        report(
            f"de{n}", n - 4.9, german, language="de", headline=f"Fähre gesunken: {n}",
            body=f"{german} {german} de{n}x de{n}y. {facts[n]}",
        )
        for n in range(4)
    ]  # fmt: skip
    with make(tmp_path / "archive", Clock()) as newsroom:
        newsroom.archive.add([*WORLD[10:], *english, *others])
        (thread,) = newsroom.threads()
        assert [[r.story.id, *(v.id for v in r.versions)] for r in thread.reports] == [
            [f"en{n}", f"de{n}"] for n in range(4)
        ]
        assert thread.languages == ("de", "en")
        newsroom.withdraw("en1")
        assert [r.story.id for r in newsroom.thread("de1").reports] == ["en0", "de1", "en2", "en3"]
