"""Blocks as they were written out last: a block that is the same object has the same bytes. Knows no HTTP."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from recommender.block import Block

PAGES = 20_000  # some 10 KB each


@dataclass(frozen=True, slots=True)
class Page:
    """A block as it is sent: its bytes, and the tag by which a copy is known to be still right."""

    block: Block
    body: bytes
    etag: str


class Shelf:
    """Keeps what was written out beside the block that it was written from.

    The newsroom asks the gate before each answer and gives the same object while nothing has changed, so
    that only the writing out is spared here.

    Parameters
    ----------
    stylesheet_url : str
        The address of a stylesheet, which HTML names.
    """

    def __init__(self, stylesheet_url: str) -> None:
        self._stylesheet_url = stylesheet_url
        self._pages: OrderedDict[tuple[str | None, int, bool], Page] = OrderedDict()

    def page(self, block: Block, k: int, *, html: bool) -> Page:
        """Return `block`, an answer to a question for `k` slots, as JSON or HTML."""
        key = (block.id, k, html)
        page = self._pages.get(key)
        if page is not None and page.block is block:
            self._pages.move_to_end(key)
            return page
        text = block.to_html(stylesheet_url=self._stylesheet_url) if html else block.to_json()
        body = text.encode()
        page = self._pages[key] = Page(block, body, tag(body))
        if len(self._pages) > PAGES:
            self._pages.popitem(last=False)
        return page


def tag(body: bytes) -> str:
    """Return an entity tag: the same bytes have the same one, whichever process answers."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
