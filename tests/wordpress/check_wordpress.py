"""The plug-in in a real WordPress, against the real service, as a browser sees it.

The checks are one story, told in their order: each leaves the site as the next one expects it.
"""

from __future__ import annotations

import base64
import io
import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook

from recommender.ingest.base import Options
from recommender.ingest.wprest import WordPressJson
from recommender.ingest.wxr import WordPressExport
from recommender.story.story import Status
from tests.browser import shoot
from tests.seed_posts import seed_story
from tests.wordpress.conftest import as_post

BLOCK = "aside.related-stories"
LINKS = f"{BLOCK} h3 a"
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    'Open & <b>bold</b> "data"'
)
NEWS = "2013-09-23-mobile-gov-user-experience-guidelines-and-recommendations-content"
WAIT = 60.0  # seconds for what the service's worker does in the background on a busy machine


def address(site, number):
    return site.run("permalinks", [number])[0]


def story_id(site, number):
    return site.run("story", number)["id"]


def shown(page, url):
    """Open a page, and return the addresses that its block links to."""
    assert page.goto(url).ok
    return page.eval_on_selector_all(LINKS, "links => links.map(link => link.href)")


def soon(question):
    """Ask until the answer is yes."""
    end = time.monotonic() + WAIT
    while not question():
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.fixture(scope="session")
def full(site, engine, sent):
    """The number of one of the newest posts, that with the longest block."""
    newest = sorted(sent)[-40:]
    blocks = [len(engine.block(id_)) for id_ in site.run("story_ids", newest)]
    return newest[blocks.index(max(blocks))]


@pytest.fixture(scope="session")
def news(sent):
    """A story that the site has not published yet, and that has to do with several that it has."""
    story = seed_story(NEWS)
    assert story["id"] not in {seed["id"] for seed in sent.values()}
    return story


@pytest.fixture(scope="session")
def published(site, news):
    """The number of that story's post, published by the REST API as a desk's tools would."""
    post = {"title": news["headline"], "content": news["body"], "date": news["published"][:19]}
    answer = httpx.post(
        f"{site.url}/wp-json/wp/v2/posts",
        json=post | {"status": "publish"},
        auth=("admin", site.run("password")),
        timeout=120,
    )
    return answer.raise_for_status().json()["id"]


@pytest.fixture(scope="session")
def partner(site, engine, sent, published):
    """The number of the post in whose block it stands highest."""
    id_ = story_id(site, published)
    blocks = [engine.block(one) for one in site.run("story_ids", list(sent))]
    places = {number: block.index(id_) for number, block in zip(sent, blocks, strict=True) if id_ in block}
    return min(places, key=places.get)


def test_the_settings_page_stores_a_key_tests_it_and_never_shows_it(site, engine, page):
    def tested():
        page.click("#related_stories_test")
        page.wait_for_selector(".notice")
        return page.eval_on_selector_all(".wrap .notice", "all => all.map(one => one.className)")

    page.goto(f"{site.url}/wp-admin/options-general.php?page=related-stories")
    page.fill("#related-stories-url", engine.url + "/")
    page.fill("#related_stories_key", "wrong")
    page.click("#submit")
    page.wait_for_selector("#setting-error-settings_updated")
    assert any("notice-error" in one for one in tested())
    page.fill("#related_stories_key", engine.key)
    page.click("#submit")
    page.wait_for_selector("#setting-error-settings_updated")
    assert engine.key not in page.content()
    assert all("notice-success" in one for one in tested())
    assert engine.key not in page.content()
    shoot(page, "settings")
    page.click("#submit")  # an empty field keeps the key
    page.wait_for_selector("#setting-error-settings_updated")
    assert site.run("option", "related_stories_key") == engine.key


def test_nobody_tests_or_sends_without_a_nonce(site, page):
    for action in ("related_stories_test", "related_stories_send"):
        answer = page.request.post(f"{site.url}/wp-admin/admin-post.php", form={"action": action})
        assert answer.status == 403


def test_all_posts_are_sent(site, engine, sent):
    state = site.run("option", "related_stories_bulk")
    assert (state["done"], state["sent"], state["refused"]) == (True, len(sent), 0)
    assert engine.count() == {"published": len(sent)}


def test_a_post_shows_its_block(site, engine, sent, full, page):
    url = address(site, full)
    links = shown(page, url)
    assert 3 <= len(links) <= 5
    assert len(links) == len(engine.block(story_id(site, full)))
    assert url not in links
    addresses = site.run("permalinks", list(sent))
    assert set(links) <= set(addresses)
    shoot(page, "post", BLOCK)


def test_imports_and_the_plug_in_tell_the_same_stories(site, engine, sent):
    held = engine.stories()
    answer = httpx.get(f"{site.url}/wp-json/wp/v2/posts?per_page=100&_embed", timeout=120)
    exported = read(WordPressExport(), site.run("export").encode())
    asked = read(WordPressJson(), answer.content)
    assert exported.keys() == held.keys()
    assert len(asked) == min(100, len(sent))
    for id_, story in [*exported.items(), *asked.items()]:
        assert content(story) == content(held[id_])
    # The REST API has quotes and dashes as WordPress sets them, and tells ten tags at most.
    for id_, story in exported.items():
        assert story.headline.split() == held[id_].headline.split()
        assert (story.body, story.tags) == (held[id_].body, held[id_].tags)


def read(source, raw):
    """Read a file as `related add` would, and return its stories by their ids."""
    return {item.story.id: item.story for item in source.read(io.BytesIO(raw), Options())}


def content(story):
    """Return what has to be the same whichever way a story came."""
    times = (story.published, story.updated)
    return (story.url, times, story.section, story.authors)


def test_a_new_post_has_a_block_and_is_linked_to(site, published, partner, page):
    assert shown(page, address(site, published))
    assert address(site, published) in shown(page, address(site, partner))


def test_markup_in_a_headline_is_no_markup_in_a_block(site, news, published, partner, page):
    site.run("update", published, {"post_title": f"{HOSTILE} {news['headline']}"})
    assert address(site, published) in shown(page, address(site, partner))
    entry = page.locator(f'{LINKS}[href="{address(site, published)}"]')
    assert entry.inner_text() == f"Open & bold “data” {news['headline']}"  # as WordPress sets quotes
    assert page.locator(f"{BLOCK} script, {BLOCK} [onerror], {BLOCK} b").count() == 0
    assert "owned" not in page.title()
    site.run("update", published, {"post_title": news["headline"]})


@pytest.mark.parametrize(
    "fields",
    [
        {"post_status": "private"},
        {"post_status": "draft"},
        {"post_status": "pending"},
        {"post_status": "publish", "post_password": "secret"},
        {"post_type": "page"},
    ],
    ids=lambda fields: "-".join(fields.values()),
)
def test_what_is_taken_back_is_hidden_at_once_and_comes_back(site, engine, published, partner, page, fields):
    url, id_ = address(site, published), story_id(site, published)
    assert engine.ask(id_).status_code == 200
    site.run("update", published, fields)
    assert engine.ask(id_).status_code == 404
    assert url not in shown(page, address(site, partner))
    site.run("update", published, {"post_status": "publish", "post_password": "", "post_type": "post"})
    assert engine.ask(id_).status_code == 200


def test_a_trashed_post_is_gone_everywhere_and_can_be_restored(site, engine, published, partner, page):
    url, id_ = address(site, published), story_id(site, published)
    site.run("trash", published)
    assert engine.ask(id_).status_code in (404, 410)
    assert engine.get(id_).status is Status.RETRACTED
    assert url not in shown(page, address(site, partner))
    site.run("untrash", published)
    site.run("update", published, {"post_status": "publish"})
    assert engine.ask(id_).status_code == 200
    soon(lambda: url in shown(page, address(site, partner)))


def test_what_was_never_public_is_not_sent_and_a_scheduled_post_waits(site, engine, news):
    later = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    hidden = [{"post_status": status} for status in ("draft", "pending", "private", "auto-draft")]
    hidden.append({"post_status": "publish", "post_password": "secret"})
    scheduled = {"post_status": "future", "post_date": later.strftime("%Y-%m-%d %H:%M:%S")}
    numbers = site.run(
        "posts", [{**as_post(news), "post_date": "", **fields} for fields in (*hidden, scheduled)]
    )
    before = engine.count()
    *unknown, waiting = [story_id(site, number) for number in numbers]
    assert [engine.ask(id_, engine.key).status_code for id_ in unknown] == [404] * len(unknown)
    story = engine.get(waiting)
    assert (story.status, story.embargo_until) == (Status.EMBARGOED, later)
    assert engine.ask(waiting).status_code == 404
    assert site.run("come_due", numbers[-1])
    assert engine.get(waiting).status is Status.PUBLISHED
    assert engine.ask(waiting).status_code == 200
    for number in numbers:
        site.run("delete", number)
    assert engine.count() == {name: count for name, count in before.items() if name != "embargoed"}


def test_the_command_line_sends_posts_and_says_how_they_stand(site, sent, published):
    number, *_ = sent
    said = site.run("cli", [number], {})
    assert said == [f"{number}: sent"]
    *found, count = site.run("cli", [], {"all": True})
    assert all(line.startswith("+ ") for line in found)
    assert count.startswith(f"{len(sent) + 1} of about ")
    assert count.endswith(" 0 refused.")


def test_only_the_service_may_throw_blocks_away(site, engine, sent):
    number = max(sent)
    body = json.dumps(
        {"type": "blocks.changed", "changed": [{"source": story_id(site, number), "url": None}]}
    )
    url = f"{site.url}/?rest_route=/related-stories/v1/changed"
    kept = f"related_stories_of_{number}"
    httpx.get(address(site, number), timeout=60)
    assert site.run("transient", kept)
    now = datetime.now(UTC)
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    for secret, at in ((other, now), (engine.secret, now - timedelta(hours=1))):
        signed = headers(secret, at, body)
        assert httpx.post(url, content=body, headers=signed, timeout=60).status_code == 401
    assert httpx.post(url, content=body, timeout=60).status_code == 401
    assert site.run("transient", kept)
    signed = headers(engine.secret, now, body)
    assert httpx.post(url, content=body, headers=signed, timeout=60).status_code == 204
    assert not site.run("transient", kept)


def headers(secret, at, body):
    """Sign a post as the service does."""
    return {
        "webhook-id": "one",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("one", at, body),
        "content-type": "application/json",
    }


def test_the_shortcode_says_where_and_how_many(site, news, published, page):
    site.run(
        "update",
        published,
        {"post_content": f'[related_stories number="2" heading="Read on"]\n\n{news["body"]}'},
    )
    links = shown(page, address(site, published))
    assert 1 <= len(links) <= 2
    assert page.locator(BLOCK).count() == 1
    assert page.locator(f"{BLOCK} h2").inner_text() == "Read on"


def test_the_block_editor_shows_the_block(site, news, published, page):
    text = f"<!-- wp:paragraph --><p>{news['body'].splitlines()[0]}</p><!-- /wp:paragraph -->"
    site.run("update", published, {"post_content": text})
    page.goto(f"{site.url}/wp-admin/post.php?post={published}&action=edit")
    page.wait_for_function("window.wp && wp.data && wp.data.select('core/editor').getCurrentPostId() > 0")
    page.evaluate("wp.data.dispatch('core/edit-post').toggleFeature('welcomeGuide')")
    block = "wp.blocks.createBlock('related-stories/block', {number: 3})"
    page.evaluate(f"wp.data.dispatch('core/block-editor').insertBlocks({block})")
    page.wait_for_selector(LINKS)
    assert 1 <= page.locator(LINKS).count() <= 3
    shoot(page, "editor", BLOCK)
    page.evaluate("wp.data.dispatch('core/editor').savePost()")
    editor = "wp.data.select('core/editor')"
    page.wait_for_function(f"!{editor}.isEditedPostDirty() && !{editor}.isSavingPost()")
    links = shown(page, address(site, published))
    assert 1 <= len(links) <= 3
    assert page.locator(BLOCK).count() == 1


def test_the_panel_beside_a_draft_proposes_links_and_sets_them(site, engine, news, published, page):
    site.run("options", {"related_stories": {"url": engine.url, "number": 5, "panel": engine.url}})
    page.goto(f"{site.url}/wp-admin/post-new.php")
    editor = "wp.data.select('core/editor')"
    page.wait_for_function(f"window.wp && wp.data && {editor}.getCurrentPostType() === 'post'")
    page.evaluate("wp.data.dispatch('core/edit-post').toggleFeature('welcomeGuide')")
    page.evaluate(
        """([title, body]) => {
            wp.data.dispatch('core/editor').editPost({ title });
            const made = body.map((content) => wp.blocks.createBlock('core/paragraph', { content }));
            wp.data.dispatch('core/block-editor').insertBlocks(made);
        }""",
        [news["headline"], news["body"].splitlines()],
    )
    page.get_by_role("button", name="Related stories").click()
    frame = page.frame_locator(".related-stories-panel iframe")
    button = frame.get_by_role("button", name="Insert link").last  # of the block: its own paragraph
    button.click()
    page.wait_for_function(f'/<a href="http/.test({editor}.getEditedPostContent())')
    assert engine.key not in page.content()
    shoot(page, "panel", ".related-stories-panel")
    page.once("dialog", lambda dialog: dialog.accept())  # what was written is left unsaved
    page.goto(site.url)
    answer = httpx.post(f"{site.url}/?rest_route=/related-stories/v1/token", timeout=60)
    assert answer.status_code == 401


def test_without_the_service_pages_stay_fine_and_nothing_is_lost(
    site, engine, sent, published, partner, page
):
    seen, unseen = address(site, max(sent)), address(site, min(sent))
    before = shown(page, seen)
    site.run("forget", min(sent))
    engine.stop()
    site.run("age", max(sent))  # what is kept is no longer fresh
    assert shown(page, seen) == before
    assert shown(page, unseen) == []
    assert page.locator("h1").count() >= 1
    id_ = story_id(site, published)
    site.run("trash", published)
    assert site.run("meta", published, "_related_stories_due")
    assert address(site, published) not in shown(page, address(site, partner))
    engine.start()
    assert engine.ask(id_).status_code == 200
    site.run("hurry")
    site.cron()
    assert engine.ask(id_).status_code in (404, 410)
    assert not site.run("meta", published, "_related_stories_due")
    assert shown(page, unseen) != []


def test_the_block_fits_other_themes_directions_and_small_pages(site, full, page):
    url = address(site, full)
    page.set_viewport_size({"width": 360, "height": 800})
    shown(page, url)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "phone", BLOCK)
    page.set_viewport_size({"width": 1200, "height": 900})
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert page.locator(f"{BLOCK} img").count()
    for entry in page.locator(f"{BLOCK} .related-stories__item:has(img)").all():
        image, words = entry.locator("img").bounding_box(), entry.locator("h3").bounding_box()
        assert image["x"] < words["x"]
    shoot(page, "rtl", BLOCK)
    site.run(
        "options",
        {
            "template": "twentytwentyone",
            "stylesheet": "twentytwentyone",
            "theme_mods_twentytwentyone": {"background_color": "28303d"},
        },
    )
    assert shown(page, url)
    for words in page.locator(f"{BLOCK} .related-stories__words").all():
        assert words.bounding_box()["width"] > 200
    shoot(page, "dark", BLOCK)


def test_a_deleted_post_is_deleted(site, engine, published):
    id_ = story_id(site, published)
    site.run("delete", published)
    assert engine.ask(id_, engine.key).status_code == 404
    assert "retracted" not in engine.count()


def test_php_had_nothing_to_complain_of(site, published):
    assert site.complaints() == []


def test_uninstalling_leaves_nothing(site, published):
    assert site.run("leftovers")
    site.run("uninstall")
    assert site.run("leftovers") == []
