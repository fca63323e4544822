"""Questions with known right answers: what must come first, and what may never come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender import Block, Recommender, Settings, Status, Story, StoryError
from recommender.engine.selection import Selector
from recommender.errors import HiddenError, NotFoundError, QuestionError
from recommender.story.story import Link, visible_window
from tests.arrays import START, story
from tests.fakes import HashEmbedder

LATER = START + timedelta(days=30)
HOUR = timedelta(hours=1)
BACKGROUND = [story(n) for n in range(40)]
AIRSHIP = (
    "The airship Aurora moored at Kallax after crossing the Gulf of Bothnia with nine passengers aboard. "
)
SOURCE = Story(
    id="source", headline="Airship crosses the gulf", body=AIRSHIP * 3, published=START + timedelta(days=9)
)


class Clock:
    """Tells the time that it is set to."""

    def __init__(self, now: datetime = LATER) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()


ALL = Settings(least_score=0)  # no story is left out for being unlikely


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recommender(tmp_path: Path, clock: Clock) -> Iterator[Recommender]:
    with Recommender.create(tmp_path / "archive", ALL, HashEmbedder(), clock=clock) as made:
        made.add(BACKGROUND)
        yield made


def about_airships(id: str, **fields: object) -> Story:
    """Return an earlier story on the source's subject, in words of its own."""
    own = " ".join(
        f"{word}{id}" for word in ("mast", "crew", "weather", "pilot", "hull", "cabin", "engine", "wind")
    )
    body = f"Nine passengers booked the airship Aurora from Kallax over Bothnia. {own}. {own}. {own}."
    made = Story(id=id, headline=f"Aurora prepares {id}", body=body, published=START + timedelta(days=8))
    return replace(made, **fields)  # type: ignore[arg-type]


def ids(block: Block) -> list[str]:
    return [slot.story.id for slot in block.slots]


def asked(recommender: Recommender) -> tuple[list[str], list[str]]:
    """Return what is related to the source, and what is near to its text."""
    return ids(recommender.engine.related("source", k=10)), ids(
        recommender.similar(f"{SOURCE.headline}\n{SOURCE.body}", k=10)
    )


# What must come first


def test_the_withheld_story_comes_first(recommender: Recommender) -> None:
    recommender.add([about_airships("withheld"), SOURCE])
    assert [found[0] for found in asked(recommender)] == ["withheld", "source"]


def test_the_version_that_may_be_shown_stands_in_for_a_newer_one(recommender: Recommender) -> None:
    first = about_airships("first")
    second = replace(first, id="second", published=first.published + HOUR, body=f"{first.body} Ten in all.")
    recommender.add([SOURCE, first, second])
    (slot, *_) = recommender.engine.related("source").slots
    assert (slot.story.id, [other.id for other in slot.timeline]) == ("second", ["first"])
    recommender.add([replace(second, status=Status.RETRACTED, updated=second.published + HOUR)])
    (slot, *_) = recommender.engine.related("source").slots
    assert (slot.story.id, slot.timeline) == ("first", ())


def test_each_story_is_nearest_to_its_own_text(archive_18f: Path, stories_18f: tuple[Story, ...]) -> None:
    with Recommender.open(archive_18f, embedder=HashEmbedder()) as recommender:
        for one in stories_18f[::50]:
            assert ids(recommender.similar(f"{one.headline}\n{one.text}", k=1)) == [one.id]


def test_what_is_said_last_in_a_long_transcript_is_found_word_for_word(tmp_path: Path) -> None:
    """Of such a story the vector tells its subject alone, and many others are nearer to that."""
    last = "The council will turn the disused tannery into a beaver rescue station with a fish ladder."
    council = "Two members left, the minutes were read, and the vote was taken by a show of hands. "
    long = replace(
        story(500), id="long", headline="Council meeting, full transcript", body=council * 400 + last
    )
    others = [story(n) for n in range(400)]
    with Recommender.create(tmp_path / "archive", ALL, HashEmbedder(), clock=Clock()) as made:
        made.add([*others, long])
        assert ids(made.similar(last, k=1)) == ["long"]
        assert ids(made.similar("a rescue station for beavers, or: beaver rescue station", k=1)) == ["long"]
        match = "The coach praised the striker, the penalty was disputed, and the stadium was full. "
        made.add([replace(others[3], id="later", body=f"{match * 400} A viaduct was ordered at once.")])
        assert ids(made.similar("a viaduct was ordered at once", k=1)) == ["later"]


def test_a_text_is_answered_with_the_passage_that_bears_on_it(recommender: Recommender) -> None:
    body = "The council met on Monday. An airship over Bothnia carried nine passengers. Dinner was served."
    recommender.add([replace(SOURCE, id="one", body=body)])
    (slot,) = recommender.similar("airship with passengers", k=1).slots
    assert slot.passage is not None
    assert slot.passage.text == "An airship over Bothnia carried nine passengers."
    assert [text for text, marked in slot.passage.parts() if marked] == ["airship", "passengers"]
    assert all(slot.passage is None for slot in recommender.engine.related("one").slots)
    plain = recommender.engine.similar("airship with passengers", 1, passages=False)
    assert plain.slots == (replace(slot, passage=None),)


def test_a_reprint_is_no_related_story(recommender: Recommender) -> None:
    """Nor is the story itself, whatever its text: it is left out by its id."""
    recommender.add(
        [SOURCE, replace(SOURCE, id="reprint", published=SOURCE.published - HOUR), about_airships("other")]
    )
    assert ids(recommender.engine.related("source"))[0] == "other"
    assert not {"source", "reprint"} & set(ids(recommender.engine.related("source", k=30)))


def test_one_text_takes_one_slot(recommender: Recommender) -> None:
    one = about_airships("one")
    recommender.add([SOURCE, one, replace(one, id="copy", body=f"{one.body} Updated.")])
    found = ids(recommender.engine.related("source", k=30))
    assert len({"one", "copy"} & set(found)) == 1
    assert found[0] in ("one", "copy")


def test_slots_are_numbered_and_best_first(recommender: Recommender) -> None:
    ages = (8, 6, 1)  # days: else they are alike but for their words
    dated = [about_airships(str(n), published=START + timedelta(days=day)) for n, day in enumerate(ages)]
    recommender.add([SOURCE, *dated])
    block = recommender.engine.related("source", k=4)
    assert [slot.position for slot in block.slots] == [1, 2, 3, 4]
    assert ids(block)[:3] == ["0", "1", "2"]
    scores = [slot.score for slot in block.slots]
    assert scores == sorted(scores, reverse=True)


# What may never come


@pytest.mark.parametrize(
    "hidden",
    [
        {"status": Status.DRAFT},
        {"status": Status.RETRACTED},
        {"status": Status.EXPIRED},
        {"status": Status.EMBARGOED, "embargo_until": LATER + HOUR},
        {"expires": LATER},
        {"sensitive": True},
        {"never_link_to": True},
    ],
    ids=lambda hidden: "-".join(map(str, hidden.values())),
)
def test_what_readers_may_not_see_is_in_no_answer(
    recommender: Recommender, hidden: dict[str, object]
) -> None:
    shown = about_airships("shown")
    recommender.add([SOURCE, shown, about_airships("hidden", **hidden)])
    for found in asked(recommender):
        assert "shown" in found
        assert "hidden" not in found
    recommender.add([replace(shown, updated=shown.published + HOUR, **hidden)])
    assert all("shown" not in found for found in asked(recommender))


def test_an_embargo_ends_and_a_story_expires_at_that_second(recommender: Recommender, clock: Clock) -> None:
    window = {"status": Status.EMBARGOED, "embargo_until": LATER, "expires": LATER + HOUR}
    recommender.add([SOURCE, about_airships("held", **window)])
    second = timedelta(seconds=1)
    for now, shown in [
        (LATER - second, False),
        (LATER, True),
        (LATER + HOUR - second, True),
        (LATER + HOUR, False),
    ]:
        clock.now = now
        assert ["held" in found for found in asked(recommender)] == [shown, shown]


def test_only_stories_of_its_past_unless_the_settings_say_otherwise(recommender: Recommender) -> None:
    later = about_airships("later", published=SOURCE.published + HOUR)
    recommender.add([SOURCE, about_airships("earlier"), later])
    assert ids(recommender.engine.related("source"))[0] == "earlier"
    assert "later" not in ids(recommender.engine.related("source", k=30))
    assert {"earlier", "later"} <= set(asked(recommender)[1])  # a text has no date
    path = recommender.archive.path
    with Recommender.open(
        path, Settings(past_only=False, least_score=0), HashEmbedder(), recommender.engine.clock
    ) as other:
        assert set(ids(other.engine.related("source", k=2))) == {"earlier", "later"}


def test_a_language_of_its_own(recommender: Recommender) -> None:
    recommender.add(
        [
            replace(SOURCE, language="en"),
            about_airships("en", language="en-GB"),
            about_airships("sv", language="sv"),
        ]
    )
    found = ids(recommender.engine.related("source", k=30))
    assert found[0] == "en"
    assert "sv" not in found
    assert "s0" in found  # of unknown language
    path = recommender.archive.path
    with Recommender.open(
        path, Settings(languages="any", least_score=0), HashEmbedder(), recommender.engine.clock
    ) as other:
        all_of_them = ids(other.engine.related("source", k=99))
        assert (all_of_them[0], all_of_them[-1]) == ("en", "sv")  # its own language first


def test_a_link_of_its_text_is_not_set_twice(recommender: Recommender) -> None:
    linked = about_airships("linked", url="https://a.example/linked")
    source = replace(SOURCE, links=(Link(target="https://a.example/linked?utm_source=x"),))
    recommender.add([linked, about_airships("other"), source])
    assert ids(recommender.engine.related("source"))[0] == "other"
    assert "linked" not in ids(recommender.engine.related("source", k=30))


def test_the_gate_sees_what_the_index_does_not_know_yet(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A story is withdrawn by another process after the candidates were chosen."""
    recommender.add([SOURCE, about_airships("withdrawn"), about_airships("removed"), about_airships("left")])
    choose = Selector.choose

    def then_withdrawn(*arguments: object, **named: object) -> object:
        chosen = choose(*arguments, **named)  # type: ignore[arg-type]
        with Recommender.open(recommender.archive.path, embedder=HashEmbedder()) as other:
            other.archive.catalog.amend(
                "withdrawn", lambda one: replace(one, status=Status.RETRACTED), now=recommender.engine.clock()
            )
            other.remove("removed")
        return chosen

    monkeypatch.setattr(Selector, "choose", then_withdrawn)
    block = recommender.engine.related("source", k=3)
    assert ids(block)[0] == "left"
    assert not {"withdrawn", "removed"} & set(ids(block))
    assert [slot.position for slot in block.slots] == [1, 2, 3]


def random_story(noise: random.Random, number: int) -> Story:
    published = START + timedelta(hours=noise.randrange(100))
    status = noise.choice(
        [Status.PUBLISHED] * 4 + [Status.CORRECTED, Status.DRAFT, Status.RETRACTED, Status.EMBARGOED]
    )
    return story(
        number,
        body=" ".join(f"word{noise.randrange(500)}" for _ in range(60)),  # no two are versions of one text
        published=published,
        status=status,
        embargo_until=published + timedelta(hours=noise.randrange(-5, 40))
        if status is Status.EMBARGOED
        else None,
        expires=published + timedelta(hours=noise.randrange(200)) if noise.random() < 0.3 else None,
    )


def test_answers_hold_all_that_they_may_and_nothing_else(tmp_path: Path, clock: Clock) -> None:
    """Of sixty stories all are candidates, so what a block may hold is known: checked for many moments."""
    noise = random.Random(11)
    stories = {one.id: one for one in (random_story(noise, n) for n in range(60))}
    with Recommender.create(tmp_path / "archive", ALL, HashEmbedder(), clock=clock) as recommender:
        recommender.add(stories.values())
        for _ in range(60):
            clock.now = START + timedelta(hours=noise.randrange(160), seconds=noise.randrange(3600))
            now = int(clock())
            source = stories[noise.choice([*stories])]
            shown = {
                one.id
                for one in stories.values()
                if visible_window(one)[0] <= now < visible_window(one)[1]
                and one.published <= source.published
            }
            if source.id not in shown:
                with pytest.raises(HiddenError):
                    recommender.engine.related(source.id, k=100)
                continue
            assert set(ids(recommender.engine.related(source.id, k=100))) == shown - {source.id}


# The question itself


def test_a_hidden_story_has_a_block_only_for_the_newsroom(recommender: Recommender) -> None:
    recommender.add([replace(SOURCE, status=Status.DRAFT), about_airships("shown")])
    with pytest.raises(HiddenError, match=r"story 'source' is a draft, readers may not see it; .*--preview"):
        recommender.engine.related("source")
    assert ids(recommender.engine.related("source", preview=True))[0] == "shown"


def test_publish_answers_at_once_and_again_alike(recommender: Recommender) -> None:
    recommender.add([about_airships("shown")])
    block = recommender.publish(SOURCE, k=3)
    assert ids(block)[0] == "shown"
    assert (block.id, block.headline) == ("source", SOURCE.headline)
    assert recommender.publish(SOURCE, k=3) == block == recommender.related("source", k=3)


def test_removing_a_story(recommender: Recommender) -> None:
    recommender.add([SOURCE, about_airships("shown")])
    assert recommender.remove("shown")
    assert not recommender.remove("shown")
    assert all("shown" not in found for found in asked(recommender))
    assert recommender.remove("source")
    with pytest.raises(
        NotFoundError, match=r"no story 'source' in .*; `related query TEXT` finds ids by text"
    ):
        recommender.engine.related("source")


def test_a_story_made_by_hand_is_checked(recommender: Recommender) -> None:
    with pytest.raises(StoryError, match="headline is missing"):
        recommender.publish(replace(SOURCE, headline="<b></b>"))
    with pytest.raises(StoryError, match=r"published .* give a datetime with tzinfo"):
        recommender.add([replace(SOURCE, published=datetime(2024, 1, 1))])
    with pytest.raises(NotFoundError):
        recommender.engine.related("source")


def test_provenance_names_what_made_the_block(recommender: Recommender, clock: Clock) -> None:
    made = recommender.engine.related("s1").provenance
    assert (made.model, made.weights) == ("hash-64", HashEmbedder().weights_hash)
    assert (made.generation, made.ranker) == (
        recommender.archive.generation,
        recommender.engine.model.version,
    )
    assert (made.settings, made.time) == (ALL.digest, clock.now.astimezone(UTC))


@pytest.mark.parametrize("text", ["", " \n\t", "?! — …"])
def test_a_text_without_words(recommender: Recommender, text: str) -> None:
    with pytest.raises(QuestionError, match="holds no word; give a phrase, a paragraph or a draft"):
        recommender.similar(text)


@pytest.mark.parametrize("k", [0, -1])
def test_a_number_of_slots_that_cannot_be(recommender: Recommender, k: int) -> None:
    with pytest.raises(QuestionError, match=rf"k is {k}; give a whole number from 1 up"):
        recommender.engine.related("s1", k=k)
    with pytest.raises(QuestionError, match=rf"k is {k}; give a whole number from 1 up"):
        recommender.similar("flood", k=k)


def test_the_slots_of_the_settings(tmp_path: Path) -> None:
    with Recommender.create(
        tmp_path / "archive", Settings(slots=2, least_score=0), HashEmbedder()
    ) as recommender:
        recommender.add(BACKGROUND)
        assert len(recommender.engine.related("s30").slots) == 2
        assert len(recommender.engine.related("s30", k=7).slots) == 7
        assert len(recommender.similar("flood in the village").slots) == 10


def test_a_few_stories_are_enough_to_ask(tmp_path: Path) -> None:
    with Recommender.create(tmp_path / "archive", embedder=HashEmbedder()) as recommender:
        assert recommender.similar("flood").slots == ()
        recommender.add([story(1)])
        assert recommender.engine.related("s1").slots == ()
        recommender.add([story(5)])
        assert ids(recommender.engine.related("s5")) == ["s1"]


# Shortness


def test_what_does_not_stand_out_gets_no_slot(tmp_path: Path) -> None:
    settings = Settings(least_score=0.02)
    with Recommender.create(tmp_path / "archive", settings, HashEmbedder()) as recommender:
        recommender.add([SOURCE, about_airships("near"), *BACKGROUND])
        block = recommender.engine.related("source", k=30)
        assert ids(block)[0] == "near"
        assert 0 < len(block.slots) < len(BACKGROUND)
        assert all(slot.score >= settings.least_score for slot in block.slots)
        assert not any(slot.fallback for slot in block.slots)


def test_free_slots_are_filled_with_the_latest_and_say_so(tmp_path: Path) -> None:
    settings = Settings(least_score=0.02, fallback=True)
    with Recommender.create(tmp_path / "archive", settings, HashEmbedder()) as recommender:
        recommender.add([SOURCE, about_airships("near"), *BACKGROUND])
        slots = recommender.engine.related("source", k=30).slots
        assert len({slot.story.id for slot in slots}) == len(slots) == 30
        filled = [slot for slot in slots if slot.fallback]
        assert 0 < len(filled) < 30
        assert {slot.reasons for slot in filled} == {("The latest",)}
        times = [slot.story.published for slot in filled]
        assert times == sorted(times, reverse=True)
        assert slots[-len(filled) :] == tuple(filled)
