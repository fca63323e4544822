"""What is looked at, and when, whether it is still there; what follows is in `test_follower.py`."""

from __future__ import annotations

from recommender.following.absence import LATER
from tests.ingest.live.sites import WordPress, feed, page
from tests.web.site import Reply, Site

from .conftest import Desk


def test_a_page_that_cannot_be_read_is_looked_at_later_and_counts_as_nothing(desk: Desk, site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1), "/story-1": page(1)}
    desk.look("/feed")
    desk.later(3700)
    site.pages["/story-1"] = Reply(status=503)
    desk.look("/feed")
    row = desk.sources.story(f"{site.url}/feed", "guid-1")
    assert row
    assert (row.missed, row.due) == (None, int(desk.clock.now) + LATER)


def test_posts_are_looked_for_by_the_hundred_and_their_pages_not_at_all(desk: Desk, site: Site) -> None:
    blog = WordPress(site)
    for id in range(1, 9):
        blog.add(id)
    desk.look("", "wordpress-json")
    desk.later(3700)
    site.asked.clear()
    desk.look("", "wordpress-json")
    assert [one.query.get("include") for one in site.asked] == [None, None, ["1,2,3,4,5,6,7,8"]]
    assert not [one for one in site.asked if one.path.startswith("/story")]


def test_stories_that_changed_long_ago_are_looked_at_no_more(desk: Desk, site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1), "/story-1": page(1)}
    desk.look("/feed")
    desk.later(40 * 86_400)
    desk.look("/feed")
    desk.later(40 * 86_400)
    site.asked.clear()
    desk.look("/feed")
    assert site.targets() == ["/feed"]
