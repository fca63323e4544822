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

from tests.test_render import BLOCK, SLOT, STORY, Outline, page_of, told

CHROMIUM = os.environ.get("RELATED_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # a sandbox needs rights that a container does not give; the page is our own
    "--disable-gpu",
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
