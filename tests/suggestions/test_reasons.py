"""A reason is true of both texts: what a headline or a text does not say is not said of it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from recommender import Story
from recommender.suggestions.places import NAMES
from recommender.suggestions.reasons import reasons

DAY = datetime(2024, 5, 1, tzinfo=UTC)
DRAFT = Story(id="d", headline="Today", body="On content models and ferries.", published=DAY, language="en")
STORY = Story(id="s", headline="Content model", body="It is about boats.", published=DAY, language="en")
NOTHING = dict.fromkeys(NAMES, 0.0)


@pytest.mark.parametrize(
    ("phrase", "known", "said"),
    [
        ("content models", {"whole": 1.0}, ("The phrase is its headline",)),
        ("models", {}, ("Its headline says \u201cmodels\u201d",)),
        ("the boat", {}, ("It says \u201cboat\u201d",)),
        ("ferries", {}, ("It is on the same subject as the passage",)),
        ("ferries", {"whole": 1.0}, ("It is on the same subject as the passage",)),
        ("ferries", {"led": float(np.log1p(1))}, ("An earlier link on these words led there",)),
        ("ferries", {"led": float(np.log1p(3))}, ("3 earlier links on these words led there",)),
    ],
)
def test_only_what_is_so_is_said(phrase: str, known: dict[str, float], said: tuple[str, ...]) -> None:
    assert reasons(phrase, DRAFT, STORY, NOTHING | known) == said
