"""Answers as they were sent last, to send again: the gate is asked before each, and any commit clears them.

Knows no HTTP framework and makes no block.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass

from recommender.block import Block
from recommender.publish import Rules, Standing, may_link
from recommender.story import Story

PAGES = 20_000  # about 10 KB each


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its bytes and tag, and what the gate has to know to let it out again."""

    body: bytes
    etag: str
    source: Standing
    targets: tuple[Standing, ...]

    def may_be_shown(self, now: int, rules: Rules) -> bool:
        """Return whether readers may see the story, and each story that its block holds, at `now`."""
        return self.source.public(now) and all(
            may_link(self.source, target, now, rules) is None for target in self.targets
        )


def page_of(body: bytes, block: Block, source: Story, excluded: Set[str]) -> Page:
    """Return an answer with what the gate has to know; its tag is a hash of its bytes."""
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    stories = [story for slot in block.slots for story in (slot.story, *slot.timeline)]
    targets = tuple(Standing.of(story) for story in stories)
    return Page(body, etag, Standing.of(source, excluded), targets)


class Shelf:
    """The pages of one state of the archive.

    Parameters
    ----------
    rules : Rules
        The publisher's, for the gate.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._version: int | None = None
        self._pages: OrderedDict[tuple[str, ...], Page] = OrderedDict()

    def get(self, key: tuple[str, ...], version: int, now: int) -> Page | None:
        """Return the page under a key, or None: none is held, the archive changed, or the gate refuses."""
        if version != self._version:
            self._pages.clear()
            self._version = version
        page = self._pages.get(key)
        if page is None or not page.may_be_shown(now, self._rules):
            return None
        self._pages.move_to_end(key)
        return page

    def put(self, key: tuple[str, ...], version: int, page: Page) -> None:
        """Keep a page made from the archive as of `version` or later, unless the archive changed since."""
        if version != self._version:
            return
        self._pages[key] = page
        if len(self._pages) > PAGES:
            self._pages.popitem(last=False)
