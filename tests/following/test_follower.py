"""A site that is followed: new, changed, hidden and gone stories, and their blocks; against a real server."""

from __future__ import annotations

import json

import pytest

from recommender.catalog.refusals import Refusals
from recommender.following.settings import FollowSettings
from recommender.story.story import Status
from tests.ingest.live.sites import WordPress, feed, page, sitemap
from tests.web.site import Asked, Reply, Site

from .conftest import Desk

KIND = "wordpress-json"


@pytest.fixture
def blog(site: Site) -> WordPress:
    blog = WordPress(site, password="pw")
    for id in (1, 2, 3):
        blog.add(id)
    return blog


def pages(*numbers: int) -> dict[str, str]:
    return {f"/story-{n}": page(n) for n in numbers}


def test_what_is_new_at_a_feed_is_published_once(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = feed(site, 1, 2)
    assert desk.look("/feed").taken == 2
    assert desk.look("/feed").taken == 0
    site.pages["/feed"] = feed(site, 2, 3)
    assert desk.look("/feed").taken == 1
    assert desk.public() == "123"
    assert desk.newsroom.archive.catalog.origin("guid-3").kind == "feed"  # type: ignore[union-attr]


def test_blocks_follow_what_is_new(desk: Desk, site: Site) -> None:
    texts = {
        1: "Divers searched the river near Bhola for the missing.",
        2: "Owners of the vessel at Bhola were fined.",
    }
    for n, text in texts.items():
        site.pages["/feed"] = feed(site, n, body=text * 5)
        desk.look("/feed")
    assert [slot.story.id for slot in desk.newsroom.block("guid-2").slots] == ["guid-1"]
    desk.newsroom.refresh()
    assert "guid-1" in [purge.change.source for purge in desk.newsroom.purges()]


def test_what_changed_is_updated(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = feed(site, 1)
    desk.look("/feed")
    site.pages["/feed"] = feed(site, 1, body="Corrected.")
    assert desk.look("/feed").taken == 1
    assert desk.stories()["1"].body == "Corrected."


def test_pages_of_entries_are_read_where_that_is_wanted_and_once(desk: Desk, site: Site) -> None:
    desk.settings = FollowSettings(full_pages=True)
    site.pages |= {"/feed": feed(site, 1, body="Short.", summary=True), "/story-1": page(1)}
    desk.look("/feed")
    assert "at length" in desk.stories()["1"].body
    site.pages["/feed"] = feed(site, 1, 2, body="Short.", summary=True)
    desk.look("/feed")
    assert site.targets().count("/story-1") == 1


def test_a_sitemap_gives_its_pages_and_those_that_changed(desk: Desk, site: Site) -> None:
    site.pages |= {
        "/map": sitemap(site, 1, 2, 9),
        "/story-1": page(1),
        "/story-2": page(2),
        "/story-9": "<html>",
    }
    assert desk.look("/map").taken == 2
    site.asked.clear()
    desk.look("/map")
    assert site.targets() == ["/map"]
    site.pages |= {
        "/map": sitemap(site, 1, changed="2026-03-02"),
        "/story-1": page(1, "Another text, at length."),
    }
    assert desk.look("/map").taken == 1
    assert "Another" in desk.stories()["1"].body


def test_a_story_that_the_archive_has_under_another_id_is_that_one(desk: Desk, site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1), "/map": sitemap(site, 1), "/story-1": page(1)}
    desk.look("/feed")
    desk.look("/map")
    assert [one.id for one in desk.stories().values()] == ["guid-1"]


def test_wordpress_tells_what_changed_and_who_may_see_it(desk: Desk, blog: WordPress) -> None:
    secret = blog.site.url.replace("//", "//desk:pw@")
    assert desk.look("", KIND, credentials=secret).taken == 3
    blog.add(1, minutes=70, status="private")
    blog.add(2, minutes=71, status="trash")
    blog.add(3, minutes=72, body="Corrected.")
    assert desk.look("", KIND, credentials=secret).taken == 3
    assert desk.public() == "3"
    assert desk.stories()["2"].status is Status.RETRACTED
    blog.add(1, minutes=80)
    desk.look("", KIND, credentials=secret)
    assert desk.public() == "13"


def gone(desk: Desk, path: str, kind: str | None = None) -> list[int]:
    """Return how many stories three looks withdraw: soon, when one is due, and when it is believed."""
    withdrawn = []
    for seconds in (60, 3700, desk.settings.gone_seconds + 1):
        desk.later(seconds)
        withdrawn.append(desk.look(path, kind).withdrawn)
    return withdrawn


def test_what_wordpress_lists_no_more_is_withdrawn_at_the_second_look(desk: Desk, blog: WordPress) -> None:
    desk.look("", KIND)
    blog.posts[1]["status"] = "private"
    assert gone(desk, "", KIND) == [0, 0, 1]
    assert desk.public() == "23"
    blog.posts[1]["status"] = "publish"
    desk.later(7200)
    desk.look("", KIND)
    assert desk.public() == "123"


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("path", ["/feed", "/map"])
def test_a_page_that_stays_gone_takes_its_story_with_it(
    desk: Desk, site: Site, path: str, status: int
) -> None:
    site.pages |= {
        "/feed": feed(site, 1, 2),
        "/map": sitemap(site, 1, 2),
        "/story-1": page(1),
        "/story-2": page(2),
    }
    desk.look(path)
    site.pages["/story-1"] = Reply(status=status)
    assert gone(desk, path) == [0, 0, 1]
    assert desk.public() == "2"
    site.pages["/feed"] = feed(site, 1, 2, 3)  # that lists it still
    desk.look(path)
    assert "1" not in desk.public()
    site.pages["/story-1"] = page(1)
    desk.later(86_400)
    desk.look(path)
    assert "1" in desk.public()


def test_a_page_that_is_gone_for_a_moment_stays(desk: Desk, site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1), "/story-1": page(1)}
    desk.look("/feed")
    del site.pages["/story-1"]
    desk.later(3700)
    desk.look("/feed")
    site.pages["/story-1"] = page(1)
    desk.later(700)
    desk.look("/feed")
    del site.pages["/story-1"]
    desk.later(7200)
    assert desk.look("/feed").withdrawn == 0
    assert desk.public() == "1"


@pytest.mark.parametrize("status", [500, 503, 403, 401])
def test_a_site_that_is_down_or_closed_withdraws_nothing(desk: Desk, site: Site, status: int) -> None:
    site.pages |= {"/feed": feed(site, 1), "/story-1": page(1)}
    desk.look("/feed")
    site.pages |= {"/feed": Reply(status=status), "/story-1": Reply(status=status)}
    gone(desk, "/feed")
    site.pages["/feed"] = feed(site, 1)
    gone(desk, "/feed")
    assert desk.public() == "1"


def test_a_site_that_loses_most_pages_at_once_withdraws_nothing_and_says_so(desk: Desk, site: Site) -> None:
    numbers = range(1, 8)
    site.pages |= {"/feed": feed(site, *numbers), **pages(*numbers)}
    desk.look("/feed")
    for n in numbers:
        del site.pages[f"/story-{n}"]
    for _ in range(3):
        desk.later(3700)
        assert "7 of 7 stories are gone at once; nothing was withdrawn" in desk.look("/feed").error
    assert desk.public() == "1234567"


def test_what_an_editor_withdrew_or_deleted_stays_so(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = feed(site, 1, 2)
    desk.look("/feed")
    desk.newsroom.withdraw("guid-1")
    desk.newsroom.delete("guid-2")
    site.pages["/feed"] = feed(site, 1, 2, body="Corrected.")
    desk.look("/feed")
    assert desk.public() == ""
    assert list(desk.stories()) == ["1"]


def test_what_an_editor_withdrew_is_not_counted_as_withdrawn_when_it_is_gone(desk: Desk, site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1, 2), "/story-1": page(1), "/story-2": page(2)}
    desk.look("/feed")
    desk.newsroom.withdraw("guid-1")
    site.pages["/story-1"] = Reply(status=404)
    assert gone(desk, "/feed") == [0, 0, 0]
    assert desk.public() == "2"


def test_a_page_that_is_gone_brings_the_next_look_near(desk: Desk, site: Site) -> None:
    desk.settings = FollowSettings(least_seconds=60)
    site.pages |= {"/feed": feed(site, 1, 2), "/story-1": page(1), "/story-2": page(2)}
    for _ in range(12):  # nothing is new, and pauses grow
        desk.look("/feed")
        desk.later(5000)
    site.pages["/story-1"] = Reply(status=410)
    desk.look("/feed")
    assert desk.kept("/feed").due == int(desk.clock.now) + desk.settings.gone_seconds
    desk.later(desk.settings.gone_seconds)
    assert desk.look("/feed").withdrawn == 1
    assert desk.kept("/feed").due > desk.clock.now + desk.settings.gone_seconds


def test_why_something_was_refused_is_told(desk: Desk, site: Site) -> None:
    site.pages["/feed.jsonl"] = '{"id": "a", "headline": "h"}\n' * 5
    look = desk.look("/feed.jsonl", "json")
    assert (look.taken, look.refused, len(look.refusals)) == (0, 5, 3)
    total, (last, *_) = Refusals(desk.newsroom.archive.catalog).latest(3, desk.clock.now)
    assert total == len({"a"})  # the last of each story
    assert (last.way, last.story, last.field) == (f"follow {site.url}/feed.jsonl", "a", "published")
    assert "published is missing" in look.refusals[0]


def test_an_error_is_kept_with_growing_pauses_and_forgotten_when_it_is_over(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = Reply(status=500)
    pauses = []
    for _ in range(6):
        assert "it answers 500" in desk.look("/feed").error
        row = desk.kept("/feed")
        pauses.append(row.due - int(desk.clock.now))
        assert row.error
    assert row.failures == 6
    assert pauses[0] * 2 < pauses[-1]
    site.pages["/feed"] = feed(site, 1)
    desk.look("/feed")
    row = desk.kept("/feed")
    assert (row.failures, row.error, row.succeeded) == (0, None, int(desk.clock.now))


def test_a_wish_to_be_left_alone_is_heard(desk: Desk, site: Site) -> None:
    site.pages["/feed"] = Reply(status=429, headers={"retry-after": "40000"})
    desk.look("/feed")
    assert desk.kept("/feed").due >= desk.clock.now + 40000


def test_what_was_published_before_a_crash_is_not_read_again(desk: Desk, blog: WordPress) -> None:
    """A look that is torn keeps what it has, and the next one goes on from the page that was reached."""
    blog.most = 1
    serve = blog.answer

    def torn(asked: Asked) -> Reply:
        return Reply(json.dumps({}), 418) if asked.query.get("page") == ["3"] else serve(asked)

    blog.site.pages["/wp-json/wp/v2/posts"] = torn
    assert desk.look("", KIND).error
    assert desk.public() == "12"
    blog.site.pages["/wp-json/wp/v2/posts"] = serve
    blog.site.asked.clear()
    assert desk.look("", KIND).taken == 1
    assert [one.query["page"] for one in blog.site.asked if "page" in one.query] == [["3"]]
