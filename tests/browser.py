"""A real browser that looks at pages: Chromium of the machine, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("RELATED_BROWSER") or shutil.which("chromium") or shutil.which("google-chrome")
# A sandbox needs rights that a container does not give; the pages are our own.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
PATIENCE = 60_000  # milliseconds that a step may take on a busy machine
SHOTS = os.environ.get("SCREENSHOTS", "")


@contextlib.contextmanager
def browsers() -> Iterator[Browser]:
    """Open a browser without a page."""
    from playwright.sync_api import sync_playwright  # needs a browser, too

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def pages() -> Iterator[Page]:
    """Open a browser with one empty page."""
    with browsers() as browser:
        page = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
        page.set_default_timeout(PATIENCE)
        yield page


def shoot(page: Page, name: str, selector: str = "") -> None:
    """Keep a picture of what is seen, if SCREENSHOTS names a directory."""
    if SHOTS:
        path = str(Path(SHOTS) / f"{name}.png")
        if selector:
            page.locator(selector).first.scroll_into_view_if_needed()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=path)
