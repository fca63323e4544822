"""Each story once, and a file that holds none says what it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import broken, checked
from recommender.ingest.xmlstream import Piece


def item(**fields: str) -> Item:
    return Item(
        kind="test", number=1, guid="a", headline="A headline", published="2022-05-09T09:53:00Z", **fields
    )


def test_a_story_that_comes_twice_is_refused_unless_it_is_another_revision():
    def run(*items: Item) -> list[Found | Refused]:
        return list(checked((story_of(one, Options()) for one in items), Options(), "thing"))

    assert isinstance(run(item(), item())[1], Refused)
    assert isinstance(run(item(revision="1"), item(revision="2"))[1], Found)


def test_a_file_without_a_story_says_what_it_holds_instead():
    options = Options(name="x.xml", passed=Counter({"picture": 2}))

    def items() -> Iterator[Found]:
        options.passed.update({"page": 3})
        yield from ()

    (only,) = checked(items(), options, "post")
    assert isinstance(only, Refused)
    assert all(words in str(only.error) for words in ("holds no post", "3 x page", "x.xml"))
    assert "picture" not in str(only.error), "that was in another file"


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (Piece("<item>", whole=False), "torn off"),
        (Piece("<item>", large=True), "more than"),
        (Piece("x"), "as XML"),
    ],
)
def test_why_an_element_cannot_be_read_is_said(piece, words):
    assert words in broken(4, piece).error.problem
    assert broken(4, piece).where == "item 4"
