"""No table that grows is read from end to end for a poll, a publish, an edit, a deletion or a page."""

from __future__ import annotations

import pytest

from recommender.analysis import words
from recommender.newsroom import Newsroom
from tests.arrays import story
from tests.plans import scans, statements


@pytest.fixture
def desk(newsroom: Newsroom) -> Newsroom:
    for n in range(1, 40):
        newsroom.publish(story(n, body=f"the harbour of town {n % 5} and story {n}"))
    newsroom.pin("s1", "s2", 1, "ann")
    newsroom.refresh()
    return newsroom


def test_a_poll_of_an_idle_service(desk: Newsroom) -> None:
    with statements() as found:
        desk.run_due()
        desk.refresh()
        desk.next_due()
        desk.purges(after=0)
    assert len(found) > 5
    assert scans(desk.archive.catalog, found) == []


def test_publish_update_edit_withdraw_and_page(desk: Newsroom) -> None:
    with statements() as found:
        desk.publish(story(50, body="the harbour of town 1, again"))
        desk.publish(story(50, body="the harbour of town 1, once more", headline="Another headline"))
        desk.pin("s3", "s50", 2, "ann")
        desk.exclude("s4", "s50", "ann")
        desk.withdraw("s50", successor="s5")
        desk.block("s3")
        desk.block("s6")
        desk.publish(story(51, body="the harbour of town 2"), dry_run=True)
        desk.refresh()
    assert len(found) > 20
    assert scans(desk.archive.catalog, found) == []


def test_a_served_block_asks_once_whether_anything_was_committed(
    desk: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.block("s3")
    catalog, asked = desk.archive.catalog, []
    version = catalog.version
    monkeypatch.setattr(catalog, "version", lambda: asked.append(1) or version())
    with statements() as found:
        desk.block("s3")
    assert (len(asked), found) == (1, {})


def test_a_publish_cuts_a_story_into_words_once(desk: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    read, cut = [], words._read
    monkeypatch.setattr(words, "_read", lambda text, language: read.append(text) or cut(text, language))
    one = story(60, body="the harbour of town 3, and no other")
    desk.publish(one)
    assert read.count(one.text) == 1


def test_delete_here_and_elsewhere(desk: Newsroom) -> None:
    with statements() as found:
        desk.delete("s7")
        desk.archive.remove(["s8", "s9"])  # as another process does
        desk.refresh()
    assert len(found) > 10
    assert scans(desk.archive.catalog, found) == []


def test_a_plan_that_scans_is_found(desk: Newsroom) -> None:
    with statements() as found, desk.archive.catalog.snapshot() as connection:
        connection.exec_driver_sql("SELECT id FROM story WHERE content_hash = ?", ("x",)).all()
    assert len(scans(desk.archive.catalog, found)) == 1
