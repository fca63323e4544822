"""Wherever an id is taken, an address is; an archive's own rules for addresses hold everywhere alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recommender.archive.status import status_of
from recommender.errors import NotFoundError
from recommender.newsroom import Newsroom
from recommender.story.story import Link, Status
from tests.newsroom.world import WIDE, Clock, a_story, another, drain, fill, filled, ids, make

MOVED = replace(WIDE, address_hosts="old.example=a.example")
TOLD = "the settings have other rules for addresses by now: run `related rebuild`"


SPELT = "http://www.a.example/{}/?utm_source=mail"
ACTS: dict[str, Callable[[Newsroom, str, str], object]] = {
    "pin": lambda room, one, other: room.pin(one, other, 2, "desk").block,
    "unpin": lambda room, one, other: (
        [room.pin(one, other, 2, "desk"), room.unpin(one, other, "desk")][1].block
    ),
    "exclude": lambda room, one, other: room.exclude(one, other, "desk").block,
    "include": lambda room, one, other: room.include(one, other, "desk").block,
    "freeze": lambda room, one, _: room.freeze(one, "desk").block,
    "unfreeze": lambda room, one, _: room.unfreeze(one, "desk").block,
    "import": lambda room, one, other: room.import_curated(one, [other], "desk").block,
    "withdraw": lambda room, one, other: room.withdraw(one, other).id,
    "amend": lambda room, one, other: room.amend(one, status=Status.RETRACTED, successor=other).id,
    "restore": lambda room, one, _: [room.withdraw(one), room.restore(one)][1].id,
    "merge": lambda room, one, other: room.merge(one, other).id,
    "delete": lambda room, one, _: room.delete(one).id,
    "block": lambda room, one, _: room.block(one),
    "set_aside": lambda room, one, _: room.set_aside(one),
    "history": lambda room, one, other: [room.pin("flood0", "flood3", 1, "desk"), room.history(one)][1],
    "archive_pass": lambda room, one, _: passed(room, one),
}


def passed(newsroom: Newsroom, name: str) -> int:
    with newsroom.archive_pass([name]) as work:
        return len(work.waiting())


def told(outcome: object) -> object:
    return [slot.story.id for slot in outcome.slots] if hasattr(outcome, "slots") else outcome


@pytest.mark.parametrize("act", ACTS)
def test_an_address_does_wherever_an_id_does(tmp_path: Path, act: str) -> None:
    found = []
    for name in ("{}", SPELT):
        with filled(tmp_path / str(len(found)), Clock()) as room:
            outcome = told(ACTS[act](room, name.format("flood0"), name.format("flood3")))
            held = {one: room.archive.catalog.get(one) for one in ("flood0", "flood3")}
            decided = room.decisions("flood0"), room.decisions("flood3")
            found.append((outcome, held, decided))
    assert found[0] == found[1]


@pytest.mark.parametrize("act", sorted(ACTS.keys() - {"history"}))
def test_an_address_that_no_story_has_is_named(full: Newsroom, act: str) -> None:
    with pytest.raises(NotFoundError, match=r"no story at 'https://a\.example/none'; publish it first"):
        ACTS[act](full, "https://a.example/none", "flood3")


def test_a_deletion_that_is_sent_again_deletes_no_other_story_at_that_address(newsroom: Newsroom) -> None:
    address = "https://a.example/one"
    newsroom.publish(a_story(address, url=None))
    newsroom.publish(a_story("copy", url="https://b.example/copy", canonical_url=address))
    assert newsroom.delete(address).id == address
    assert not newsroom.delete(address).taken
    assert newsroom.archive.catalog.get("copy")


def problems(newsroom: Newsroom) -> list[str]:
    return [text for text in status_of(newsroom.archive, newsroom.engine.model).problems if text == TOLD]


def linked(newsroom: Newsroom) -> None:
    """Publish a story whose text links to one on its subject, by a former address of the site."""
    fill(newsroom)
    links = (Link(target="https://old.example/flood0?utm_source=x"),)
    newsroom.publish(a_story("source", hours=-2, links=links))
    drain(newsroom)


def test_other_rules_count_from_the_rebuild_on_in_every_process(newsroom: Newsroom) -> None:
    linked(newsroom)
    assert "flood0" in ids(newsroom.block("source"))
    with another(newsroom, MOVED) as moved:
        assert problems(moved) == [TOLD]
        assert "flood0" in ids(moved.block("source")), "one process alone has no rules of its own"
        moved.archive.rebuild()
        drain(moved)
        assert problems(moved) == []
    with another(newsroom, MOVED) as reader:
        for room in (newsroom, reader):
            assert "flood0" not in ids(room.block("source")), "its text links to that story already"
            found = room.archive.catalog.by_url("http://www.old.example/flood0/")
            assert found is not None
            assert found[1].id == "flood0"
            assert len(room.archive.catalog.links().sources) == 1
    assert problems(newsroom) == [TOLD], "its settings have none"


def test_an_archive_without_stories_takes_the_rules_when_it_is_opened(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock()) as empty, another(empty, MOVED) as moved:
        assert problems(moved) == []
        linked(moved)
        assert "flood0" not in ids(moved.block("source"))


def test_a_rehearsal_goes_by_the_rules_of_the_archive(tmp_path: Path) -> None:
    with make(tmp_path / "archive", Clock(), MOVED) as room:
        fill(room)
        story = a_story("source", hours=-2, links=(Link(target="https://old.example/flood0"),))
        foretold = room.publish(story, dry_run=True)
        assert ids(foretold.block) == ids(room.publish(story).block)
        assert "flood0" not in ids(foretold.block)
