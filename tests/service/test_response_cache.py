"""What was written out is kept while its block lives, within a bound of bytes."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.block import Block
from recommender.service.response_cache import ResponseCache
from tests.engine.test_render import BLOCK

CSS = "/style.css"


def a_block(n: int) -> Block:
    return replace(BLOCK, id=f"s{n}", headline="x" * n)


def test_the_same_block_is_written_out_once_and_another_anew() -> None:
    response_cache, block = ResponseCache(CSS), a_block(1)
    assert response_cache.page(block, 5, html=False) is response_cache.page(block, 5, html=False)
    assert response_cache.page(block, 5, html=True).body.decode() == block.to_html(stylesheet_url=CSS)
    changed = replace(block, headline="Another")
    page = response_cache.page(changed, 5, html=False)
    assert page.body.decode() == changed.to_json()
    assert page.etag != response_cache.page(block, 5, html=False).etag


def test_no_block_and_no_story_is_kept_alive() -> None:
    response_cache, block = ResponseCache(CSS), a_block(1)
    response_cache.page(block, 5, html=True)
    gone = weakref.ref(block)
    del block
    gc.collect()
    assert gone() is None


def test_a_page_larger_than_the_bound_is_answered_and_not_kept() -> None:
    response_cache, block = ResponseCache(CSS, most=10), a_block(1)
    assert response_cache.page(block, 5, html=False).body.decode() == block.to_json()
    assert response_cache.size == 0


@given(asked=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=40))
def test_the_bytes_that_are_kept_are_bounded_and_what_was_asked_last_is_kept(
    asked: list[tuple[int, bool]],
) -> None:
    blocks = [a_block(n) for n in range(9)]
    most = 4 * max(len(block.to_html(stylesheet_url=CSS)) for block in blocks)
    response_cache = ResponseCache(CSS, most)
    for n, html in asked:
        page = response_cache.page(blocks[n], 5, html=html)
        assert response_cache.page(blocks[n], 5, html=html) is page
        assert len(page.body) <= response_cache.size <= most
