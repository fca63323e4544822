"""One block a story for all who ask; hidden stories say nothing; what is held can be had."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender import Block, Recommender, Status, Story
from recommender.cli.app import run
from recommender.errors import HiddenError, NotFoundError, QuestionError
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, WIDE, Clock, a_story, at, corrected, drain, fill, ids

SECRET = "zeppelin"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recommender(tmp_path: Path, clock: Clock) -> Iterator[Recommender]:
    with Recommender.create(tmp_path / "archive", WIDE, HashEmbedder(32), clock) as made:
        yield made


def told(block: Block) -> object:
    """Return all that a block says but when it was made."""
    return [
        (s.position, s.story.id, s.score, s.role, s.reasons, [t.id for t in s.timeline], s.pinned, s.fallback)
        for s in block.slots
    ]


# One block


def test_every_door_gives_the_block_of_the_page(recommender: Recommender) -> None:
    stories = fill(recommender.newsroom, 15)
    newsroom = recommender.newsroom
    newsroom.pin("flood0", "vote1", 1, "ed")
    newsroom.exclude("flood3", ids(newsroom.block("flood3"))[0], "ed")
    newsroom.freeze("vote4", "ed")
    newsroom.publish(a_story("fresh"))
    drain(newsroom)
    with Recommender.open(recommender.archive.path, WIDE, HashEmbedder(32), newsroom.engine.clock) as other:
        for story in stories:
            page = newsroom.block(story.id)
            assert told(recommender.related(story.id)) == told(page) == told(other.related(story.id))
        assert ids(other.related("flood0"))[0] == "vote1"
        assert "vote1" not in ids(other.related("flood0", engine=True))
        assert "fresh" in ids(other.related("flood0"))  # published after it
        assert "fresh" not in ids(other.related("flood0", engine=True))


def test_what_was_written_without_a_worker_counts_at_once(recommender: Recommender) -> None:
    fill(recommender.newsroom)
    before = recommender.related("flood0")
    recommender.add([a_story("fresh", hours=-0.5)])
    block = recommender.related("flood0")
    assert "fresh" not in ids(before)
    assert "fresh" in ids(block)
    assert recommender.newsroom.block("flood0") == block  # the page shows it from then on
    assert recommender.newsroom.purges()[-1].change.after == tuple(ids(block))


def test_asking_again_writes_nothing(recommender: Recommender) -> None:
    fill(recommender.newsroom)
    recommender.add([a_story("far", SUBJECTS[1], hours=-0.5)])
    block = recommender.related("flood0")
    version = recommender.archive.catalog.version()
    assert recommender.related("flood0") is block
    with Recommender.open(
        recommender.archive.path, WIDE, HashEmbedder(32), recommender.newsroom.engine.clock
    ) as other:
        assert told(other.related("flood0")) == told(block)
    assert recommender.archive.catalog.version() == version


def test_the_command_line_gives_the_block_of_the_page(
    recommender: Recommender, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(recommender.newsroom)
    recommender.newsroom.pin("flood0", "vote1", 1, "ed")

    def shown(*words: str) -> list[str]:
        monkeypatch.setenv("RELATED_SLOTS", str(WIDE.slots))
        assert run([*words, "--json", "--archive", str(recommender.archive.path)]) == 0
        return [slot["story"]["id"] for slot in json.loads(capsys.readouterr().out)["slots"]]

    assert shown("show", "flood0")[0] == "vote1"
    assert shown("query", "--id", "flood0")[0] == "vote1"
    assert "vote1" not in shown("show", "flood0", "--engine")


# Hidden stories


@pytest.mark.parametrize(
    ("hidden", "because"),
    [
        ({"status": Status.DRAFT}, "a draft"),
        ({"status": Status.EMBARGOED, "embargo_until": at(5)}, "embargoed until 2024-05-01T17:00:00Z"),
        ({"published": at(3)}, "not public until 2024-05-01T15:00:00Z"),
        ({"status": Status.RETRACTED}, "retracted"),
        ({"status": Status.EXPIRED}, "expired"),
        ({"expires": at(-0.5)}, "expired since 2024-05-01T11:30:00Z"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hidden_story_is_named_with_its_status_and_no_word_of_it(
    recommender: Recommender,
    hidden: dict[str, object],
    because: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill(recommender.newsroom, 3)
    recommender.add([a_story("it", headline=f"Flood {SECRET}", url=None, **hidden)])
    way_out = "related restore" if because[:3] in ("ret", "exp") else "--preview, or preview=true"
    for engine in (False, True):
        with pytest.raises(HiddenError, match=f"story 'it' is {because}, .*{way_out}"):
            recommender.related("it", engine=engine)
    archive = ["--archive", str(recommender.archive.path)]
    for words in (["show", "it"], ["query", "--id", "it"], ["show", "it", "--engine"]):
        if "published" in hidden or "expires" in hidden or "embargo_until" in hidden:
            continue  # by the clock of the command line all these times are long past
        assert run([*words, *archive]) == NotFoundError.exit_code
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
    if "preview" in way_out:
        assert SECRET in recommender.related("it", preview=True).headline


# Dry runs


def test_a_dry_run_has_pins_and_exclusions_of_the_page(recommender: Recommender) -> None:
    newsroom = recommender.newsroom
    fill(newsroom)
    first = ids(newsroom.block("flood0"))[0]
    newsroom.pin("flood0", "vote1", 1, "ed")
    newsroom.exclude("flood0", first, "ed")
    held = recommender.get("flood0")
    assert held is not None
    for body in (held.body, f"{held.body} Corrected."):  # of the same text, and of another one
        version = corrected(held, body=body, deck="As corrected")
        foretold = newsroom.publish(version, dry_run=True)
        assert ids(foretold.block)[0] == "vote1"
        assert first not in ids(foretold.block)
    done = newsroom.publish(version)
    assert ids(done.block) == ids(foretold.block)


# What is held


def test_the_block_of_an_address_is_that_of_its_story(recommender: Recommender) -> None:
    some, *_ = fill(recommender.newsroom, 6)
    address = f"{some.url}/?utm_source=post#top"
    assert recommender.related(address) == recommender.related(some.id)
    assert recommender.related(address, engine=True) == recommender.related(some.id, engine=True)
    with pytest.raises(NotFoundError):
        recommender.related("https://a.example/none")


def test_stories_by_id_and_address_and_in_order(recommender: Recommender) -> None:
    stories = fill(recommender.newsroom, 5)
    recommender.add([a_story("draft", hours=5, status=Status.DRAFT)])
    assert recommender.get("flood0") == recommender.get("https://A.example/flood0?utm_source=x") == stories[0]
    assert recommender.get("nowhere") is None
    assert len(recommender) == recommender.count() == 6
    assert "flood0" in recommender
    assert "nowhere" not in recommender
    assert [one.id for one in recommender.list()] == ["draft", *(one.id for one in reversed(stories))]
    assert [one.id for one in recommender.list(limit=2)] == ["draft", stories[-1].id]


def test_removing_lets_the_pages_follow(recommender: Recommender) -> None:
    fill(recommender.newsroom)
    gone = ids(recommender.related("flood0"))[0]
    assert recommender.remove(gone)
    assert not recommender.remove(gone)
    assert gone not in ids(recommender.newsroom.block("flood0"))
    assert any(gone in purge.change.before for purge in recommender.newsroom.purges())


@pytest.mark.parametrize("k", [0, -1])
def test_a_number_of_slots_that_cannot_be(recommender: Recommender, k: int) -> None:
    recommender.add([a_story("one")])
    with pytest.raises(QuestionError, match=rf"k is {k}; give a whole number from 1 up"):
        recommender.related("one", k)


@pytest.mark.parametrize("k", ["5", 2.5, [5]])
def test_what_is_no_number_of_slots(recommender: Recommender, k: Any) -> None:
    recommender.add([a_story("one")])
    with pytest.raises(QuestionError, match="give a whole number from 1 up"):
        recommender.related("one", k)
    assert recommender.related("one", np.int64(2)).slots == recommender.related("one", 2).slots


@pytest.mark.parametrize("limit", [-1, "5", 2.5])
def test_a_limit_that_cannot_be(recommender: Recommender, limit: Any) -> None:
    recommender.add([a_story("one")])
    with pytest.raises(QuestionError, match="give a whole number from 0 up, or None"):
        recommender.list(limit=limit)


@pytest.mark.parametrize("given", [5, None, []])
def test_what_is_no_story_and_no_text(recommender: Recommender, given: Any) -> None:
    with pytest.raises(QuestionError, match="give its id, a Story or its fields"):
        recommender.related(given)
    with pytest.raises(QuestionError, match="give a phrase, a paragraph or a draft"):
        recommender.similar(given)
    for call in (recommender.get, recommender.remove, recommender.translations, recommender.newsroom.history):
        with pytest.raises(QuestionError, match="; give its id or its address"):
            call(given)


@pytest.mark.parametrize("given", ["stories.jsonl", ["story-17"], [None], 5, None, b"{}"])
def test_what_is_no_story_to_add(recommender: Recommender, given: Any) -> None:
    with pytest.raises(QuestionError, match="give a Story"):
        recommender.add(given)
    with pytest.raises(QuestionError, match="give a Story or its fields"):
        recommender.publish(given)
    assert recommender.count() == 0


def test_many_blocks_of_one_story_are_its_own(recommender: Recommender) -> None:
    """Its id was read letter by letter."""
    recommender.add([a_story("one")])
    assert [block.id for block in recommender.related_many("one")] == ["one"]


def test_publish_answers_with_the_block_and_keeps_what_is_newer(recommender: Recommender) -> None:
    fill(recommender.newsroom)
    story: Story = a_story("fresh")
    block = recommender.publish(story, 2)
    assert (block.id, len(block.slots)) == ("fresh", 2)
    assert recommender.publish(replace(story, body=story.body + " More.", updated=at(0)), 2).id == "fresh"
    assert recommender.related("fresh", 2).id == "fresh"
