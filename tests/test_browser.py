"""A real browser's word on the page: hostile stories stay text, and the page fits a phone."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.test_render import BLOCK, SLOT, STORY, Outline, contrast, page_of, told

CHROMIUM = os.environ.get("RELATED_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # a sandbox needs rights that a container does not give; the page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE_WIDTH = 360
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "</h3></article></aside><svg/onload=document.title='owned'><!-- ]]> \" ' ` {{ 7 * 7 }}"
)
MEASURE = """<script>
addEventListener("load", () => {
  const page = frames[0].document.documentElement;
  document.title = `${page.scrollWidth} of ${page.clientWidth}`;
});
</script>"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: install it, or set RELATED_BROWSER")


def dom(markup: str, folder: Path, *, width: int = 1280) -> str:
    """Return the document as the browser has it after loading `markup`."""
    path = folder / "page.html"
    path.write_text(markup, "utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [str(CHROMIUM), *FLAGS, profile, f"--window-size={width},900", "--dump-dom", path.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def without_policy(markup: str) -> str:
    """Let scripts run, so that escaping alone has to hold."""
    return re.sub(r"<meta http-equiv=[^>]*>", "", markup)


def test_a_hostile_story_stays_text(tmp_path):
    hostile = dom(without_policy(page_of(told(HOSTILE))), tmp_path)
    assert Outline(hostile).elements == Outline(dom(without_policy(page_of(told("x"))), tmp_path)).elements
    assert "<title>Demo</title>" in hostile
    assert HOSTILE in Outline(hostile).texts


def test_the_page_fits_a_phone(tmp_path):
    long = replace(
        STORY, headline="Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle " * 3
    )
    block = replace(BLOCK, slots=(replace(SLOT, story=long),) * 4)
    phone = (
        f'style="width:{PHONE_WIDTH}px;height:800px" srcdoc="{html.escape(without_policy(page_of(block)))}"'
    )
    framed = f"<iframe {phone}></iframe>{MEASURE}"
    [(scroll, client)] = re.findall(r"<title>(\d+) of (\d+)</title>", dom(framed, tmp_path))
    assert int(scroll) <= int(client) <= PHONE_WIDTH


# Pages that set no variable of the block, each with its ground.
GROUNDS = {
    "body {background: #ffffff; color: #222222}": "#ffffff",
    "body {background: #121417; color: #e6e6e6}": "#121417",
    "body {background: #fff8e7; color: #5b4636} a {color: #b35c00}": "#fff8e7",
    "html {color-scheme: dark} body {background: #1e1e1e}": "#1e1e1e",
}
COLOURS = """<script>
addEventListener("load", () => {
  const seen = [...document.querySelectorAll("aside, aside *")].filter(e => [...e.childNodes].some(
    n => n.nodeType === 3 && n.textContent.trim()));
  document.title = [...new Set(seen.map(e => getComputedStyle(e).color))].join(";");
});
</script>"""


@pytest.mark.parametrize("style", GROUNDS)
def test_every_word_can_be_read_on_light_and_dark_pages(tmp_path, style):
    body = f"<!doctype html><style>{style}</style>{told('word').to_html(styled=True)}{COLOURS}"
    [found] = re.findall(r"<title>(.+?)</title>", dom(body, tmp_path))
    for colour in found.split(";"):
        channels = [int(part) for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups()]
        assert contrast("#{:02x}{:02x}{:02x}".format(*channels), GROUNDS[style]) >= 4.5


PLACES = """<script>
addEventListener("load", () => {
  const page = frames[0].document, round = Math.round, list = page.querySelector("aside > ol");
  const rows = new Map();
  for (const item of list.children) {
    const {top, left, right} = item.getBoundingClientRect();
    const row = rows.get(round(top)) ?? [Infinity, -Infinity, 0];
    rows.set(round(top), [Math.min(row[0], left), Math.max(row[1], right), row[2] + 1]);
  }
  const {left, right} = list.getBoundingClientRect();
  const full = [...rows.values()].every(r => Math.abs(r[0] - left) < 1 && Math.abs(r[1] - right) < 1);
  const wide = page.documentElement.scrollWidth > page.documentElement.clientWidth;
  document.title = [full && !wide, ...[...rows.values()].map(r => r[2])].join(" ");
});
</script>"""


@pytest.mark.parametrize(
    ("width", "slots", "rows"),
    [
        (360, 5, "1 1 1 1 1"),
        (768, 5, "1 2 2"),
        (1440, 5, "2 3"),
        (768, 4, "2 2"),
        (1440, 4, "1 3"),
        (1440, 6, "3 3"),
        (1440, 1, "1"),
    ],
)
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_no_slot_stands_alone_at_the_end_of_a_row(tmp_path, width, slots, rows, direction):
    block = replace(BLOCK, slots=(replace(SLOT, timeline=()),) * slots)
    inner = f'<!doctype html><html dir="{direction}"><body>{block.to_html(styled=True)}'
    framed = f'<iframe style="width:{width}px;height:900px" srcdoc="{html.escape(inner)}"></iframe>{PLACES}'
    assert f"<title>true {rows}</title>" in dom(framed, tmp_path, width=1600)
