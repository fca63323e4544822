"""Weights follow the links of an archive by themselves, and are given up where newer stories object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from index.storage.background import Stopped
from recommender.archive.archive import Archive
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.weights_journal import Journal, later
from recommender.engine.engine import Engine
from recommender.evaluation.learning import Learner
from recommender.ranking.weights import ARCHIVE_FILE, shipped
from recommender.settings import Settings
from recommender.story.story import Link, Story
from tests.arrays import story
from tests.fakes import HashEmbedder

FIRST = 20


def linked(number: int, target: int) -> Story:
    return replace(story(number), links=(Link(target=f"s{target}"),))


def habit(first: int, last: int) -> list[Story]:
    """Return stories whose writers link to the story before last, whatever it is about."""
    return [linked(number, number - 2) for number in range(first, last)]


def usual(first: int, last: int) -> list[Story]:
    """Return stories whose writers link to the last one on their subject, which they name, as most would."""
    found = []
    for number in range(first, last):
        one, last_one = linked(number, number - 4), story(number - 4)
        found.append(replace(one, body=f"{one.body}\n\n{last_one.headline}. {last_one.body}"))
    return found


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        archive.add([story(number) for number in range(FIRST)])
        yield Engine(archive)


def add(engine: Engine, stories: list[Story]) -> None:
    engine.archive.add(stories)


def learned(engine: Engine) -> Journal:
    return LearnedWeights(engine.archive).journal()


def put_off(engine: Engine) -> None:
    """Let no attempt be made for long."""
    weights = LearnedWeights(engine.archive)
    attempt = weights.journal().attempt
    assert attempt is not None
    weights.lost(msgspec.structs.replace(attempt, links=10_000))


def test_weights_are_learned_when_there_are_enough_links_and_then_with_each_fifth_more(
    engine: Engine,
) -> None:
    learner = Learner(engine)
    add(engine, habit(FIRST, FIRST + 24))
    assert learner.look() == Journal()
    add(engine, habit(FIRST + 24, FIRST + 100))
    journal = learner.look()
    assert journal.attempt is not None
    assert journal.attempt.won
    assert journal.learned_at == later(100)
    assert engine.ranker.provenance["links"] == 100
    assert engine.model.version == "tuned-1"
    add(engine, habit(FIRST + 100, FIRST + 110))
    assert learner.look().attempt == journal.attempt
    add(engine, habit(FIRST + 110, FIRST + 125))
    again = learner.look()
    assert again.attempt is not None
    assert again.attempt.links == 125
    assert again.guard.questions == 25  # each newer story is asked once
    assert again.guard.gained > 0
    assert Learner(engine).look() == again  # another process has nothing more to do


def test_weights_that_newer_stories_speak_against_are_given_up(engine: Engine) -> None:
    learner = Learner(engine)
    add(engine, habit(FIRST, FIRST + 100))
    assert learner.look().current == 1
    number, journal = FIRST + 100, learned(engine)
    while journal.current and number < FIRST + 200:
        # A new look at each few stories; and no new attempt, which would learn the new habit.
        add(engine, usual(number, number + 10))
        number += 10
        put_off(engine)
        journal = learner.look()
    assert journal.current == 0
    assert engine.model.version == shipped().model.version
    assert "newer stories" in journal.left
    assert journal.learned_at == later(number - FIRST)
    add(engine, usual(number, number + 5))
    assert learner.look().current == 0


def test_an_undo_is_not_overruled_before_there_are_a_fifth_more_links(engine: Engine) -> None:
    learner = Learner(engine)
    add(engine, habit(FIRST, FIRST + 100))
    learner.look()
    LearnedWeights(engine.archive).go_back(100, "by hand")
    add(engine, habit(FIRST + 100, FIRST + 119))
    assert learner.look().current == 0
    assert Learner(engine).look().current == 0
    add(engine, habit(FIRST + 119, FIRST + 122))
    assert learner.look().current == 2


def test_it_ends_at_once_when_told_and_leaves_nothing(engine: Engine) -> None:
    add(engine, habit(FIRST, FIRST + 100))
    for pieces in (1, 50, 150):
        left = [pieces]

        def check(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Stopped

        with pytest.raises(Stopped):
            Learner(engine).look(check)
        assert learned(engine) == Journal()
        assert not (engine.archive.path / ARCHIVE_FILE).exists()


def test_weights_that_the_operator_chose_are_left_alone(engine: Engine, tmp_path: Path) -> None:
    add(engine, habit(FIRST, FIRST + 100))
    file = tmp_path / "chosen.json"
    file.write_text(shipped().to_json())
    engine.archive.close()
    with Archive.open(engine.archive.path, Settings(ranker=str(file)), HashEmbedder()) as archive:
        assert Learner(Engine(archive)).look() == Journal()


def test_links_that_teach_nothing_are_tried_once(engine: Engine) -> None:
    many = tuple(Link(target=f"s{number}") for number in range(FIRST))
    add(engine, [replace(story(FIRST + number), links=many) for number in range(3)])  # lists, and no choices
    journal = Learner(engine).look()
    assert journal.attempt is not None
    assert not journal.attempt.won
    assert journal.learned_at == later(60)
