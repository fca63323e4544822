"""What formats ask a story and its block."""

from __future__ import annotations

from dataclasses import replace

from recommender.export.story_block import uri
from recommender.ingest.base import Origin
from tests.export.blocks import SOURCE, TARGET, UNLINKED, a_block


def test_the_latest_is_what_changed_last() -> None:
    later = replace(TARGET, updated=SOURCE.published.replace(year=2024))
    assert a_block(later, UNLINKED).latest == later
    assert a_block().latest == SOURCE


def test_a_story_is_named_by_its_address_else_by_its_id() -> None:
    assert uri(SOURCE) == SOURCE.url
    assert uri(replace(SOURCE, url=None, id="a/b c")) == "urn:story:a%2Fb%20c"


def test_an_unknown_origin_is_of_no_kind() -> None:
    one = a_block(TARGET, origins={"18": Origin(kind="arc", id="X")})
    assert (one.origin(TARGET).id, one.origin(SOURCE).kind) == ("X", "")
