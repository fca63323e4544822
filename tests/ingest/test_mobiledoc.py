"""The text of Mobiledoc."""

import json

from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.mobiledoc import mobiledoc

DOCUMENT = {
    "version": "0.3.1",
    "markups": [["a", ["href", "https://town.example/2?a=1&b=2"]], ["strong"]],
    "atoms": [["soft-return", "", {}]],
    "cards": [
        ["html", {"html": "<p>As it is.</p>"}],
        ["image", {"src": "a.jpg"}],
        ["markdown", {"markdown": "A *b*"}],
    ],
    "sections": [
        [1, "p", [[0, [], 0, "The "], [0, [0, 1], 2, "council < mayor"], [0, [], 0, " met."]]],
        [3, "ul", [[[0, [], 0, "one"]], [[0, [], 0, "two"]]]],
        [1, "h2", [[0, [], 0, "Vote"], [1, [], 0, 0], [0, [], 0, "today"]]],
        [10, 0],
        [10, 1],
        [10, 2],
    ],
}  # fmt: skip


def test_sections_lists_links_and_cards_are_text():
    assert mobiledoc(json.dumps(DOCUMENT)).split("\n") == [
        '<p>The <a href="https://town.example/2?a=1&amp;b=2">council &lt; mayor</a> met.</p>',
        "<ul><li>one</li><li>two</li></ul>",
        "<h2>Vote<br>today</h2>",
        "<div><p>As it is.</p></div>",
        "",
        "<p>A <em>b</em></p>",
        "",
    ]


ANY = st.recursive(
    st.none() | st.integers(-2, 11) | st.sampled_from(["a", "href", "p", "html"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*DOCUMENT, "html"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.fixed_dictionaries({name: ANY for name in ("markups", "cards", "sections")}) | ANY)
def test_any_document_is_borne(document):
    assert isinstance(mobiledoc(json.dumps(document)), str)


def test_what_is_none_is_empty():
    assert [mobiledoc(text) for text in ("", "{", "[]", "null", "[" * 100_000)] == [""] * 5
