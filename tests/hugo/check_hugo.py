"""The example of a Hugo site: built by the commands of its README, and seen by a browser."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, pages, shoot
from tests.service.running import related

EXAMPLE = Path(__file__).parents[2] / "examples" / "hugo"
PAGES = 200
BLOCK = "aside.related"
SOON = datetime.now(UTC) + timedelta(days=30)
HIDDEN = {"draft": "draft: true\ndate: 2024-05-01T00:00:00Z", "future": f"date: {SOON:%Y-%m-%dT%H:%M:%SZ}"}
MOVED = "2015-09-16-using-plain-language-to-write-for-the-web"
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> & more"
LACKING = [name for name in ("hugo",) if shutil.which(name) is None]
LACKING += [] if CHROMIUM and importlib.util.find_spec("playwright") else ["a browser and Playwright"]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}")


def commands() -> list[list[str]]:
    """Return the commands of the README."""
    [block] = re.findall(r"```sh\n(python.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    return [shlex.split(line, comments=True) for line in block.splitlines()]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built."""
    home = tmp_path_factory.mktemp("hugo") / "site"
    shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns("content", "data", "public", "archive"))
    for words in commands():
        if words[0] == "python":
            run([sys.executable, str(EXAMPLE / words[1]), str(home)], home)
            vary(home)
        elif words[0] == "related":
            run(related(*words[1:]), home)
        else:
            build(home)
    return home


def run(words: list[str], home: Path) -> None:
    done = subprocess.run(words, cwd=home, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]} {done.stderr[-2000:]}"


def build(home: Path) -> None:
    run(["hugo", "--quiet", "--baseURL", "/"], home)


def vary(home: Path) -> None:
    """Give a page another address; add some that nobody may see yet, with the text of one that all may."""
    posts = home / "content" / "posts"
    moved = posts / f"{MOVED}.md"
    moved.write_text(moved.read_text("utf-8").replace("---\n", "---\nslug: Elsewhere\n", 1), "utf-8")
    text = max(posts.iterdir()).read_text("utf-8").split("---\n", 2)[2]
    for name, matter in HIDDEN.items():
        (posts / f"{name}.md").write_text(f"---\ntitle: Not yet\n{matter}\n---\n{text}", "utf-8")


@pytest.fixture(scope="module")
def address(site):
    """Where the site is served."""
    quiet = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site / "public"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page(address):
    with pages() as page:
        yield page


def blocks(site: Path) -> dict[str, list[str]]:
    """Return the addresses that the block of each page links to."""
    found = {}
    for file in sorted((site / "public" / "posts").glob("*/index.html")):
        html = file.read_text("utf-8")
        block = html.partition("<aside")[2]
        found[f"/posts/{file.parent.name}/"] = re.findall(r'<a href="?([^" >]+)', block)
    return found


def test_all_pages_are_built_and_blocks_lead_to_pages(site):
    found = blocks(site)
    assert len(found) == PAGES
    assert sum(map(bool, found.values())) > PAGES / 2
    for source, targets in found.items():
        assert source not in targets
        assert set(targets) <= set(found)


def test_a_page_with_another_address_than_its_file_is_found_and_linked(site):
    found = blocks(site)
    assert found["/posts/elsewhere/"]
    assert any("/posts/elsewhere/" in targets for targets in found.values())


def test_what_is_not_public_yet_is_nowhere(site):
    for name in HIDDEN:
        assert not (site / "public" / "posts" / name).exists()
    assert "Not yet" not in (site / "data" / "related.json").read_text("utf-8")


def test_a_browser_shows_the_block(site, address, page):
    path, targets = max(blocks(site).items(), key=lambda item: len(item[1]))
    page.goto(address + path)
    links = page.eval_on_selector_all(f"{BLOCK} h3 a", "links => links.map(link => link.href)")
    assert links == [address + target for target in targets]
    assert page.locator(f"{BLOCK} h2").inner_text() == "RELATED STORIES"
    shoot(page, "hugo", BLOCK)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shoot(page, "hugo-phone", BLOCK)
    page.click(f"{BLOCK} h3 a")
    assert page.url == links[0]


def test_markup_and_wrong_addresses_in_the_data_are_text(site, address, page):
    file = site / "data" / "related.json"
    data = json.loads(file.read_bytes())
    path = next(path for path, block in data.items() if block["stories"])
    story = data[path]["stories"][0]
    story |= {"title": HOSTILE, "description": HOSTILE, "url": "javascript:document.title='owned'"}
    file.write_text(json.dumps(data), "utf-8")
    build(site)
    page.goto(address + path)
    assert page.locator(f"{BLOCK} h3 a").first.inner_text() == HOSTILE
    page.locator(f"{BLOCK} h3 a").first.click()
    assert "owned" not in page.title()


def test_a_site_without_data_shows_no_block(site):
    os.remove(site / "data" / "related.json")
    build(site)
    assert not any(blocks(site).values())
