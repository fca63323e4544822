"""Links to set in a draft: on words of it, at most one each, and never to what the link policy refuses."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommender import Story
from recommender.engine.requested_filters import AnswerFilter
from recommender.errors import QuestionError, StoryError
from recommender.newsroom import Newsroom
from recommender.story.markup import read_body
from recommender.story.parts import Link
from recommender.story.story import Status
from recommender.suggestions.answer import Suggestions
from tests.newsroom.world import Clock, a_story, at, make

TITLES = {
    "flood": "How the Bhola dike failed in the flood",
    "vote": "Recount of postal votes in Dhaka",
    "goal": "Last minute goal wins the youth cup",
    "ferry": "New licence rules for river ferries",
    "school": "Primary schools to open libraries",
    "rice": "Price of rice falls after harvest",
}
DRAFT = (
    "An official said the new licence rules for river ferries came too late.\n\n"
    "Nobody has said how the Bhola dike failed in the flood. A recount of postal votes in Dhaka goes on.\n\n"
    "The price of rice falls after harvest each year."
)
FILLING = ("museum", "bridge", "theatre", "hospital", "railway", "garden", "market", "harbour", "airport")


def filled(newsroom: Newsroom) -> Newsroom:
    subjects = [
        a_story(id, title, hours=-900 + n, headline=title, body=f"{title}. {title} again.")
        for n, (id, title) in enumerate(TITLES.items())
    ]
    others = [a_story(word, f"{word} plan", hours=-800 + n) for n, word in enumerate(FILLING)]
    newsroom.archive.add([*subjects, *others])
    return newsroom


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with make(tmp_path_factory.mktemp("links") / "archive", Clock()) as made:
        yield filled(made)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Newsroom]:
    with make(tmp_path / "archive", Clock()) as made:
        yield filled(made)


def targets(found: Suggestions) -> set[str]:
    return {each.story.id for each in found}


def test_a_draft_gets_links_on_the_words_that_name_earlier_stories(shared: Newsroom) -> None:
    found = shared.suggest(DRAFT)
    assert {"ferry", "flood", "vote", "rice"} <= targets(found)
    said = {each.story.id: each for each in found}
    for id in ("ferry", "flood", "vote", "rice"):
        assert said[id].phrase.casefold() in TITLES[id].casefold()
    assert [said[id].paragraph for id in ("ferry", "flood", "vote", "rice")] == [0, 1, 1, 2]
    assert all(each.reasons and 0 < each.probability <= 1 for each in found)
    assert [each.probability for each in found] == sorted((e.probability for e in found), reverse=True)


def check(found: Suggestions, text: str) -> None:
    """Hold what is true of every answer."""
    assert found.text == text
    spans = sorted((each.start, each.end) for each in found)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert len(targets(found)) == len(found)
    for each in found:
        assert text[each.start : each.end] == each.phrase
        assert text[: each.start].endswith(each.before)
        assert text[each.end :].startswith(each.after)


PIECES = st.sampled_from(
    [*TITLES.values(), *FILLING, *DRAFT.split("\n\n"), "\n\n", ". ", " and ", ", ", "🛶", "é", "\u0301", "e"]
) | st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"]), max_size=5)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, min_size=1, max_size=12), k=st.integers(1, 6))
def test_phrases_lie_in_the_text_and_do_not_overlap(shared: Newsroom, pieces: list[str], k: int) -> None:
    text = "".join(pieces)
    fields = {"body": text, "content_type": "text"}
    if not any(map(str.isalnum, text)):
        with pytest.raises(QuestionError, match="the draft's body"):
            shared.suggest(fields)
        return
    found = shared.suggest(fields, k)
    assert len(found) <= k
    check(found, text)


def test_html_is_answered_in_its_paragraphs_and_markup_is_inert(shared: Newsroom) -> None:
    html = "".join(f"<p>{part} <b>&lt;script&gt;</b></p>" for part in DRAFT.split("\n\n"))
    found = shared.suggest(html)
    check(found, read_body(html).text)
    assert "ferry" in targets(found)
    assert "<p>" not in found.text


def test_no_link_is_set_on_a_heading_or_on_a_link(shared: Newsroom) -> None:
    title = TITLES["ferry"]
    rest = f"<p>{DRAFT.split(chr(10))[2]}</p><p>And nobody knows what comes of it all this year.</p>"
    assert {"ferry", "flood", "vote"} <= targets(shared.suggest(f"<p>{title}</p>{rest}"))
    for body in (f"<h2>{title}</h2>{rest}", f'<p>The <a href="https://b.example/">{title}</a>.</p>{rest}'):
        found = shared.suggest(body)
        assert {"flood", "vote"} <= targets(found)
        assert all(each.start > found.text.index("Nobody") for each in found)


@pytest.mark.parametrize("named", ["ferry", "https://a.example/ferry?utm_source=x"])
def test_what_the_text_links_to_is_proposed_no_more(shared: Newsroom, named: str) -> None:
    story = a_story("mine", hours=0, body=DRAFT, links=(Link(target=named, anchor="An official"),))
    assert "flood" in targets(shared.suggest(story))
    assert "ferry" not in targets(shared.suggest(story))


HIDDEN: list[dict[str, Any]] = [
    {"status": Status.RETRACTED},
    {"status": Status.DRAFT},
    {"embargo_until": at(5)},
    {"expires": at(-1)},
    {"sensitive": True},
    {"never_link_to": True},
    {"language": "de"},
    {"published": at(3)},
]


def test_what_may_not_be_linked_to_is_never_proposed(own: Newsroom) -> None:
    draft = {"body": DRAFT, "language": "en"}
    assert "ferry" in targets(own.suggest(draft, 10))
    held = own.archive.catalog.get("ferry")
    assert held is not None
    for turn, fields in enumerate(HIDDEN):
        own.archive.add([replace(held[1], **({"updated": at(-0.9 + turn / 10)} | fields))])
        assert "ferry" not in targets(own.suggest(draft, 10)), fields
    own.archive.add([replace(held[1], updated=at(-0.01))])
    assert "ferry" in targets(own.suggest(draft, 10))


@pytest.mark.parametrize("fields", [{"sensitive": True}, {"never_link_from": True}, {"status": "retracted"}])
def test_a_draft_that_may_not_link_gets_no_links(shared: Newsroom, fields: dict[str, Any]) -> None:
    assert len(shared.suggest({"body": DRAFT, **fields})) == 0


def test_editors_exclusions_and_filters_hold(own: Newsroom) -> None:
    story = a_story("mine", hours=-1, body=DRAFT)
    own.archive.add([story])
    assert {"ferry", "flood"} <= targets(own.suggest(story))
    own.exclude("mine", "ferry", "ed")
    assert "ferry" not in targets(own.suggest(story))
    assert "flood" in targets(own.suggest(story))
    only = AnswerFilter.of({"without": ["flood"]}, own.settings.timezone)
    assert "flood" not in targets(own.suggest(story, only=only))


def test_words_that_led_somewhere_before_lead_there_again(own: Newsroom) -> None:
    for n in range(3):
        link = Link(target="museum", anchor="the old palace")
        body = f"Visitors came to the old palace on day {n}. {FILLING[n + 1]} news."
        own.archive.add([a_story(f"past{n}", hours=-700 + n, body=body, links=(link,))])
    every = AnswerFilter.of({"least_score": 0, "without": ["past0", "past1", "past2"]}, own.settings.timezone)
    found = own.suggest("Nothing is known of the old palace, an official said.", only=every)
    (one,) = [each for each in found if each.story.id == "museum"]
    assert "old palace" in one.phrase
    assert "3 earlier links on these words led there" in one.reasons


def test_a_draft_without_good_places_gets_none(shared: Newsroom) -> None:
    assert len(shared.suggest("Nobody was there today, and nothing more was said of it all.")) == 0


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ("", "the draft's body is ''"),
        ({"headline": "x"}, "the draft's body is None"),
        ({"body": 7}, "the draft's body is 7"),
        ("...", "give its text, plain or HTML"),
    ],
)
def test_a_draft_without_words_is_refused(shared: Newsroom, draft: Any, said: str) -> None:
    with pytest.raises(QuestionError, match=said):
        shared.suggest(draft)


def test_wrong_fields_and_numbers_are_refused_by_name(shared: Newsroom) -> None:
    with pytest.raises(StoryError, match=r"draft.*published"):
        shared.suggest({"body": DRAFT, "published": "soon"})
    with pytest.raises(QuestionError, match="k is 0"):
        shared.suggest(DRAFT, 0)


def test_nothing_is_written_and_nothing_is_asked_twice(own: Newsroom) -> None:
    before = own.archive.catalog.last_seq(), len(own.archive.view.store)
    first, again = own.suggest(DRAFT), own.suggest(DRAFT)
    assert first == again
    assert (own.archive.catalog.last_seq(), len(own.archive.view.store)) == before
    assert isinstance(first[0].story, Story)


def test_a_first_line_may_be_cut_within_a_turn_of_direction(shared: Newsroom) -> None:
    line = f"{'word ' * 38}\u2066{DRAFT.splitlines()[0]}\u2069"
    assert "ferry" in targets(shared.suggest(f"{line}\n\n{DRAFT}"))


def test_stories_are_taken_while_the_words_of_links_are_read(
    own: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, taken = own.archive.catalog, threading.Event()
    anchors = catalog.anchors

    def slow() -> object:
        writer = threading.Thread(
            target=lambda: (own.archive.add([a_story("meanwhile", "news")]), taken.set())
        )
        writer.start()
        writer.join(20)
        assert taken.is_set()
        return anchors()

    monkeypatch.setattr(catalog, "anchors", slow)
    assert "ferry" in targets(own.suggest(DRAFT))
    assert taken.is_set()


def test_an_empty_archive_has_no_links(tmp_path: Path) -> None:
    with make(tmp_path / "empty", Clock()) as newsroom:
        assert len(newsroom.suggest(DRAFT)) == 0
