"""Each block of README and docs says how it is run, and each link of theirs leads somewhere."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.docs.elsewhere import ELSEWHERE, SHOWN
from tests.docs.pages import PAGES, RUN, blocks, name_of, statements
from tests.docs.reader import reason


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_says_what_it_is(page: Path) -> None:
    """A block without a language would be run by nobody."""
    for block in blocks(page):
        where = f"{name_of(page)}, line {block.line}"
        assert block.language in (*RUN, *SHOWN, "toml", "json"), f"{where}: language {block.language!r}"
        if block.language == "toml":
            tomllib.loads(block.text)
        if block.language == "json":
            json.loads(block.text)


def test_what_is_run_elsewhere_stands_somewhere() -> None:
    told = [
        line
        for page in PAGES
        for block in blocks(page)
        if block.language in ("sh", "console")
        for line in statements(block)
        if reason(line)
    ]
    assert all(any(line.lstrip().startswith(begin) for line in told) for begin in ELSEWHERE)


def tokens(page: Path) -> list[Token]:
    """Return all of a page, what stands within a line too."""
    top = MarkdownIt().enable("table").parse(page.read_text("utf-8"))
    return [token for each in top for token in (each, *(each.children or ()))]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as the site and the repository's pages name them."""
    top = MarkdownIt().parse(page.read_text("utf-8"))
    headings = [
        "".join(child.content for child in text.children or ())
        for mark, text in pairwise(top)
        if mark.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_link_leads_somewhere(page: Path) -> None:
    """What is outside is looked at for its form alone: tests ask no other machine."""
    for token in tokens(page):
        link = str(token.attrs.get("href") or token.attrs.get("src") or "")
        parts = urlsplit(link)
        if not link or parts.scheme == "mailto":
            continue
        if parts.scheme:
            assert parts.scheme in ("http", "https"), link
            assert re.fullmatch(r"[\w.-]+\.\w+(:\d+)?", parts.netloc), link
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        assert target.exists(), link
        if parts.fragment and target.suffix == ".md":
            assert parts.fragment in anchors(target), link
