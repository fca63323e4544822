"""What sources yield into an archive: their links, their notes, and where each story came from."""

from datetime import UTC, datetime

import pytest

from recommender.archive.archive import Archive
from recommender.archive.importing import add_found
from recommender.catalog import LinkKind
from recommender.catalog.records import LINK_KINDS
from recommender.errors import StoryError
from recommender.ingest.base import CuratedLink, Found, Origin, Refused
from recommender.ingest.live.base import Reached
from recommender.story.story import Link, Story
from tests.fakes import HashEmbedder

WHEN = datetime(2024, 5, 1, tzinfo=UTC)
REFUSED = Refused(2, None, StoryError("item 2", "headline", "", "is missing", "send one"))


@pytest.fixture
def archive(tmp_path):
    with Archive.create(tmp_path / "news", embedder=HashEmbedder()) as made:
        yield made


def found(id_, origin=None, curated=(), links=(), notes=()):
    story = Story(id=id_, headline=f"Story {id_}", published=WHEN, links=links)
    return Found(story=story, origin=origin or Origin(kind="json"), curated=curated, notes=notes)


def test_stories_their_links_and_their_origins_are_kept(archive):
    refused = []
    items = [
        found("a", Origin(kind="wordpress", id="7", type="post", revision="3"), notes=("left out: embeds",)),
        REFUSED,
        found("b", curated=(CuratedLink(target="a", anchor="Story a"),), links=(Link(target="c"),)),
        found("c"),
    ]
    imported = add_found(archive, items, refused.append)
    assert (imported.report.added, imported.links, imported.curated) == (3, 1, 1)
    assert (refused, imported.notes) == ([REFUSED], {"left out: embeds": 1})
    assert archive.catalog.origin("a") == Origin(kind="wordpress", id="7", type="post", revision="3")
    assert archive.catalog.origin("b") is None
    links = archive.catalog.links()
    kinds = {LINK_KINDS[kind] for kind in links.kinds.tolist()}
    assert (len(links), kinds) == (2, {LinkKind.TEXT, LinkKind.CURATED})


def test_a_story_is_never_held_without_its_origin(archive, monkeypatch):
    def torn(connection, origins):
        raise KeyboardInterrupt

    monkeypatch.setattr("recommender.catalog.catalog.put_origins", torn)
    with pytest.raises(KeyboardInterrupt):
        add_found(archive, [found("a", Origin(kind="wordpress", id="7"))], print)
    assert archive.catalog.get("a") is None


def test_an_origin_outlasts_versions_without_one_and_goes_with_its_story(archive):
    add_found(archive, [found("a", Origin(kind="wordpress", id="7"))], print)
    archive.add([Story(id="a", headline="Another", published=WHEN)])
    assert archive.catalog.origin("a").id == "7"
    archive.remove(["a"])
    assert archive.catalog.origin("a") is None


def test_a_dry_run_writes_nothing(archive):
    archive.add([Story(id="a", headline="Story a", published=WHEN)])
    before = archive.catalog.last_seq()
    imported = add_found(archive, [found("a", Origin(kind="x", id="1")), found("b")], print, dry_run=True)
    assert (imported.report.added, imported.report.unchanged) == (1, 1)
    assert (archive.catalog.last_seq(), archive.catalog.origin("a")) == (before, None)


def test_a_curated_link_that_a_later_version_lacks_stays(archive):
    add_found(archive, [found("a"), found("b", curated=(CuratedLink(target="a"),))], print)
    archive.add([Story(id="b", headline="Another", published=WHEN)])
    assert len(archive.catalog.links()) == 1


def test_how_far_a_source_was_read_is_told_when_all_before_is_kept(archive):
    told = []

    def items():
        for n in range(300):
            yield found(f"s{n}")
            yield Reached({"n": n}, "https://news.example/")
            if told:
                assert archive.catalog.get(f"s{told[-1].state['n']}")
            assert not told or told[-1].state["n"] < n

    add_found(archive, items(), print, on_reached=told.append)
    assert told[-1].state == {"n": 299}
    assert len(told) > 1
