"""Blocks as they were written out last: a block that is the same object has the same bytes. Knows no HTTP."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from recommender.engine.block import Block

MOST_BYTES = 64 * 2**20  # of all that is kept; a page has some 10 KB
SHARED_BYTES = 2**20  # of each of several services in one process
_Key = tuple[str | None, int, str]


@dataclass(frozen=True, slots=True)
class RenderedBlock:
    """A block as it is sent: its bytes, and the tag by which a copy is known to be still right."""

    of: weakref.ref[Block]  # it keeps neither the block alive nor the stories in it
    body: bytes
    etag: str


class ResponseCache:
    """Keeps what was written out of a block for as long as the newsroom gives that block. Threads share one.

    The newsroom asks the link policy before each answer and gives the same object while nothing changes, so
    that only the writing out is spared here. What was asked for longest ago goes first.

    Parameters
    ----------
    stylesheet_url : str
        The address of a stylesheet, which HTML names.
    beacon_url : str
        The address of the script that counts what readers see, which HTML names; empty: none.
    most : int
        Bytes that are kept.
    """

    def __init__(self, stylesheet_url: str, most: int = MOST_BYTES, *, beacon_url: str = "") -> None:
        self._stylesheet_url, self._beacon_url, self._most = stylesheet_url, beacon_url, most
        self._pages: OrderedDict[_Key, RenderedBlock] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def page(self, block: Block, k: int, *, html: bool) -> RenderedBlock:
        """Return `block`, an answer to a question for `k` slots, as JSON or HTML."""
        if html:
            return self.written(block, k, "html", lambda: self._html(block))
        return self.written(block, k, "json", block.to_json)

    def _html(self, block: Block) -> str:
        return block.to_html(stylesheet_url=self._stylesheet_url, beacon_url=self._beacon_url)

    def written(self, block: Block, k: int, name: str, write: Callable[[], str]) -> RenderedBlock:
        """Return `block` in the format of a name, written out unless it was before."""
        key = (block.id, k, name)
        with self._lock:
            page = self._pages.get(key)
            if page is not None and page.of() is block:
                self._pages.move_to_end(key)
                return page
        body = write().encode()
        page = RenderedBlock(weakref.ref(block), body, tag(body))
        with self._lock:
            self._keep(key, page)
        return page

    def _keep(self, key: _Key, page: RenderedBlock) -> None:
        if (last := self._pages.pop(key, None)) is not None:
            self._bytes -= len(last.body)
        self._pages[key] = page
        self._bytes += len(page.body)
        while self._bytes > self._most:
            self._bytes -= len(self._pages.popitem(last=False)[1].body)

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._bytes


def tag(body: bytes) -> str:
    """Return an entity tag: the same bytes have the same one, whichever process answers."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
