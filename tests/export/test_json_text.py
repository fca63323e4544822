"""JSON that may stand anywhere says what it was given."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from recommender.export.json_text import json_array, json_object, json_text

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["</script>", "<!--", "\u2028&amp;"]
)
VALUES = st.recursive(
    TEXT | st.integers(-9, 9), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=5
)


@given(VALUES)
def test_it_comes_back_and_holds_no_markup(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029") & set(text)


@given(st.lists(TEXT, max_size=4), st.dictionaries(TEXT, TEXT, max_size=4))
def test_pieces_make_one_document(values: list[str], members: dict[str, str]) -> None:
    assert json.loads("".join(json_array(values))) == values
    assert json.loads("".join(json_object(members.items()))) == members
