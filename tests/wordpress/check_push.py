"""Blocks pushed into a real WordPress by its REST API: what posts hold then, and what is said of a mistake.

A site of its own, so that the plug-in's checks find theirs as they left it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Related, related
from tests.seed_posts import seed_stories
from tests.wordpress.conftest import as_post
from tests.wordpress.stack import Site, missing, wordpress

__all__ = ["related"]  # a fixture

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}")
COUNT = 12
KEYS = """<?php
add_action( 'init', function () {
	$may = function () { return current_user_can( 'edit_posts' ); };
	register_post_meta( 'post', 'related_stories', array(
		'type' => 'string', 'single' => true, 'show_in_rest' => true, 'auth_callback' => $may,
	) );
	register_post_meta( 'post', 'related_posts', array(
		'type' => 'array', 'single' => true, 'auth_callback' => $may,
		'show_in_rest' => array( 'schema' => array( 'items' => array( 'type' => 'integer' ) ) ),
	) );
} );
"""


@pytest.fixture(scope="module")
def blog(plugin: Path) -> Iterator[Site]:
    with wordpress(plugin) as site:
        extras = site.root / "wp-content" / "mu-plugins"
        extras.mkdir()
        (extras / "keys.php").write_text(KEYS, "utf-8")
        yield site


@pytest.fixture(scope="module")
def login(blog: Site) -> tuple[str, str]:
    return "admin", blog.run("password")


def meta(blog: Site, login: tuple[str, str], number: int) -> dict[str, Any]:
    url = f"{blog.url}/wp-json/wp/v2/posts/{number}?context=edit"
    return httpx.get(url, auth=login, timeout=60).raise_for_status().json()["meta"]


def stories(blog: Site, login: tuple[str, str], number: int) -> list[str]:
    """Return what a post is said to be related to."""
    text = meta(blog, login, number)["related_stories"]
    return [story["id"] for story in json.loads(text)["stories"]]


def test_posts_get_their_blocks_and_a_mistake_gets_words(
    related: Related, blog: Site, login: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = blog.run("posts", [as_post(story) for story in seed_stories(COUNT)])
    name, password = login
    monkeypatch.setenv("RELATED_ARCHIVE", str(tmp_path / "news"))
    monkeypatch.setenv("RELATED_WEB_PRIVATE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("RELATED_WEB_PAUSE_SECONDS", "0")
    login_url = blog.url.replace("http://", f"http://{name}:{password.replace(' ', '%20')}@")
    monkeypatch.setenv("RELATED_WEB_CREDENTIALS", login_url)
    monkeypatch.setenv("RELATED_LEAST_SCORE", "0")
    assert related("init").code == 0
    assert related("import", "wordpress-json", blog.url).code == 0

    push = ("push", "wordpress", blog.url)
    assert f"{COUNT} would be pushed" in related(*push, "--dry-run").out
    assert meta(blog, login, numbers[0])["related_stories"] == ""
    assert related(*push, "--json").json["pushed"] == COUNT
    ids = dict(zip(numbers, blog.run("story_ids", numbers), strict=True))
    for number in numbers:
        shown = stories(blog, login, number)
        slots = related("show", ids[number], "--json").json["slots"]
        assert shown == [slot["story"]["id"] for slot in slots]
        assert set(shown) <= set(ids.values())
    assert related(*push, "--json").json == {
        "stories": 0, "pushed": 0, "unchanged": 0, "elsewhere": 0, "gone": [], "refused": {}, "dry_run": False
    }  # fmt: skip

    first, second = [number for number in numbers if stories(blog, login, number)][:2]
    excluded = stories(blog, login, first)[0]
    assert related("exclude", ids[first], excluded).code == 0
    assert related("exclude", ids[second], stories(blog, login, second)[0]).code == 0
    blog.run("delete", second)
    after = related(*push, "--json").json
    assert (after["pushed"], after["gone"]) == (1, [ids[second]])
    assert excluded not in stories(blog, login, first)

    in_numbers = related(*push, "--meta", "related_posts", "--format", "ids", "--json").json
    assert in_numbers["pushed"] == COUNT - 1
    posts = {id: number for number, id in ids.items()}
    assert meta(blog, login, first)["related_posts"] == [posts[id] for id in stories(blog, login, first)]

    unknown = related(*push, "--meta", "nobody_knows")
    assert (unknown.code, "does not know the meta key 'nobody_knows'" in unknown.err) == (1, True)
    monkeypatch.setenv("RELATED_WEB_CREDENTIALS", login_url.replace(password[:4], "xxxx"))
    wrong = related(*push, "--full")
    assert (wrong.code, "make an application password" in wrong.err) == (1, True)
