"""What was written out is kept while its block lives, within a bound of bytes."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from recommender.block import Block
from recommender.service.shelf import Shelf
from tests.test_render import BLOCK

CSS = "/style.css"


def a_block(n: int) -> Block:
    return replace(BLOCK, id=f"s{n}", headline="x" * n)


def test_the_same_block_is_written_out_once_and_another_anew() -> None:
    shelf, block = Shelf(CSS), a_block(1)
    assert shelf.page(block, 5, html=False) is shelf.page(block, 5, html=False)
    assert shelf.page(block, 5, html=True).body.decode() == block.to_html(stylesheet_url=CSS)
    changed = replace(block, headline="Another")
    page = shelf.page(changed, 5, html=False)
    assert page.body.decode() == changed.to_json()
    assert page.etag != shelf.page(block, 5, html=False).etag


def test_no_block_and_no_story_is_kept_alive() -> None:
    shelf, block = Shelf(CSS), a_block(1)
    shelf.page(block, 5, html=True)
    gone = weakref.ref(block)
    del block
    gc.collect()
    assert gone() is None


def test_a_page_larger_than_the_bound_is_answered_and_not_kept() -> None:
    shelf, block = Shelf(CSS, most=10), a_block(1)
    assert shelf.page(block, 5, html=False).body.decode() == block.to_json()
    assert shelf.size == 0


@given(asked=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=40))
def test_the_bytes_that_are_kept_are_bounded_and_what_was_asked_last_is_kept(
    asked: list[tuple[int, bool]],
) -> None:
    blocks = [a_block(n) for n in range(9)]
    most = 4 * max(len(block.to_html(stylesheet_url=CSS)) for block in blocks)
    shelf = Shelf(CSS, most)
    for n, html in asked:
        page = shelf.page(blocks[n], 5, html=html)
        assert shelf.page(blocks[n], 5, html=html) is page
        assert len(page.body) <= shelf.size <= most
