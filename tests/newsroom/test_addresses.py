"""An archive's own rules for addresses hold for look-up, the gate and links alike, from the rebuild on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recommender.archive.status import status_of
from recommender.newsroom import Newsroom
from recommender.story.story import Link
from tests.newsroom.world import WIDE, Clock, a_story, another, drain, fill, ids, make

MOVED = replace(WIDE, address_hosts="old.example=a.example")
TOLD = "the settings have other rules for addresses by now: run `related rebuild`"


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
