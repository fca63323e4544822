"""A CMS has what pages show, whatever it answered meanwhile; what it has already is not sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from recommender.errors import ExportError
from recommender.export.cms_requests import CmsRequests
from recommender.export.formats import FORMATS
from recommender.export.push import Push, PushReport
from recommender.export.push_wordpress import WordPress
from recommender.ingest.base import Origin
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from recommender.web.errors import WebError
from tests.export.cms import WordPressCms, credentials
from tests.newsroom.world import corrected
from tests.web.site import Reply, client, running

POSTS = "/wp-json/wp/v2/posts"


@pytest.fixture(autouse=True)
def imported(newsroom: Newsroom, stories: list[Story]) -> None:
    origins = {story.id: Origin(kind="wordpress", id=str(n), type="post") for n, story in enumerate(stories)}
    newsroom.archive.catalog.set_origins(origins)


@pytest.fixture
def cms() -> Iterator[WordPressCms]:
    with running() as site:
        cms = WordPressCms(site)
        for number in range(6):
            cms.add(f"{POSTS}/{number}")
        yield cms


Pushing = Callable[..., PushReport]


@pytest.fixture
def push(newsroom: Newsroom, cms: WordPressCms) -> Pushing:
    def run(**more: object) -> PushReport:
        waits: list[float] = []
        with client(credentials=credentials(cms.site), pause_seconds=0) as web:
            requests = CmsRequests(web=web, login="LOGIN", rights="RIGHTS", sleep=waits.append)
            target = WordPress(url=cms.site.url, requests=requests, write=FORMATS["data"].one)
            work = Push(newsroom=newsroom, target=target, url=cms.site.url, site="https://a.example/")
            run.waits = waits  # type: ignore[attr-defined]
            return work.run(**more)  # type: ignore[arg-type]

    return run


def shown(cms: WordPressCms) -> dict[str, list[str]]:
    """Return what each post is said to be related to."""
    return {
        path.removeprefix(f"{POSTS}/"): [story["id"] for story in json.loads(str(value))["stories"]]
        for path, value in cms.held.items()
    }


def blocks(newsroom: Newsroom) -> dict[str, list[str]]:
    catalog = newsroom.archive.catalog
    return {
        catalog.origin(story.id).id: [slot.story.id for slot in block.slots]  # type: ignore[union-attr]
        for story, block in newsroom.story_blocks(newsroom.public_nums())
    }


def test_each_post_gets_its_block_and_the_next_time_only_what_changed(
    push: Pushing, newsroom: Newsroom, cms: WordPressCms
) -> None:
    assert push().pushed == 6
    assert shown(cms) == blocks(newsroom)
    asked = len(cms.site.asked)
    assert push().counts() == {
        "stories": 0, "pushed": 0, "unchanged": 0, "elsewhere": 0, "gone": [], "refused": {}
    }  # fmt: skip
    assert len(cms.site.asked) == asked
    again = push(full=True)
    assert (again.unchanged, again.pushed, len(cms.written())) == (6, 0, 6)
    newsroom.exclude("flood0", "flood3", "desk")
    assert push().pushed == 1
    assert shown(cms) == blocks(newsroom)


def test_a_headline_that_is_corrected_is_pushed_wherever_it_stands(
    push: Pushing, newsroom: Newsroom, cms: WordPressCms
) -> None:
    push()
    story = next(story for story, _ in newsroom.story_blocks(newsroom.public_nums()) if story.id == "flood0")
    newsroom.publish(corrected(story, headline="flood zero said anew"))
    push()
    assert story.headline not in str(cms.held)


def test_a_post_that_is_gone_there_is_named_and_not_asked_for_again(push: Pushing, cms: WordPressCms) -> None:
    cms.delete(f"{POSTS}/3")
    report = push()
    assert (report.pushed, report.gone, report.refused) == (5, ["flood3"], {})
    asked = len(cms.written())
    assert push().gone == []
    assert len(cms.written()) == asked


def test_a_post_that_is_refused_is_named_and_tried_the_next_time(push: Pushing, cms: WordPressCms) -> None:
    cms.locked.add(f"{POSTS}/3")
    report = push()
    assert (report.pushed, list(report.refused)) == (5, ["flood3"])
    assert "answers 403 (Sorry, you are not allowed to edit this post.): RIGHTS" in report.refused["flood3"]
    cms.locked.clear()
    assert (push().pushed, push().pushed) == (1, 0)


def test_who_may_write_nothing_is_told_after_a_few(push: Pushing, cms: WordPressCms) -> None:
    cms.locked |= set(cms.held)
    with pytest.raises(ExportError, match=r"3 stories in a row were refused: .* answers 403"):
        push()
    assert len(cms.written()) == 3


def test_a_wrong_password_is_told_at_once(push: Pushing, cms: WordPressCms) -> None:
    cms.first = [cms.error(401, "Unknown username.")]
    with pytest.raises(ExportError, match=r"answers 401 \(Unknown username\.\): LOGIN"):
        push()
    assert len(cms.written()) == 1


def test_a_rate_limit_is_obeyed_and_what_passes_is_tried_again(push: Pushing, cms: WordPressCms) -> None:
    cms.first = [Reply("slow down", 429, {"retry-after": "17"}), Reply("busy", 503)]
    assert push().pushed == 6
    waits = push.waits  # type: ignore[attr-defined]
    assert waits[0] == 17
    assert 0 < waits[1] <= 30


def test_a_site_that_stays_unwell_ends_the_push_which_then_goes_on(
    push: Pushing, newsroom: Newsroom, cms: WordPressCms
) -> None:
    cms.first = [cms.error(404, "gone"), *[Reply("busy", 503)] * 5]
    with pytest.raises(WebError, match="it answers 503; try again later"):
        push()
    assert push().stories == 5
    del cms.held[cms.written()[0].path]
    assert shown(cms).items() <= blocks(newsroom).items()


def test_a_site_that_asks_for_an_hour_is_left_alone(push: Pushing, cms: WordPressCms) -> None:
    cms.first = [Reply("no", 429, {"retry-after": "3600"})]
    with pytest.raises(WebError, match="asks to be left alone for 3,600 s"):
        push()
    assert len(cms.written()) == 1


def test_a_redirect_is_not_followed_with_a_password(push: Pushing, cms: WordPressCms) -> None:
    cms.first = [Reply("", 301, {"location": "https://other.example/"})]
    with pytest.raises(ExportError, match=r"redirects to 'https://other\.example/'; give the address"):
        push()


def test_a_meta_key_that_is_not_registered_is_told(push: Pushing, cms: WordPressCms) -> None:
    cms.keys.clear()
    with pytest.raises(ExportError, match="does not know the meta key 'related_stories' of type 'post'"):
        push()


def test_a_dry_run_asks_for_nothing_and_notes_nothing(
    push: Pushing, newsroom: Newsroom, cms: WordPressCms
) -> None:
    named: list[str] = []
    report = push(dry_run=True, on_story=lambda one: named.append(one.story.id))
    assert (report.pushed, len(named), cms.site.asked) == (6, 6, [])
    assert push().pushed == 6
    assert push(dry_run=True).pushed == 0


def test_stories_of_other_sites_are_left_alone(newsroom: Newsroom, cms: WordPressCms) -> None:
    with client() as web:
        target = WordPress(
            url=cms.site.url, requests=CmsRequests(web=web, login="", rights=""), write=FORMATS["data"].one
        )
        report = Push(newsroom=newsroom, target=target, url=cms.site.url).run()
    assert (report.elsewhere, report.pushed, cms.site.asked) == (6, 0, [])
