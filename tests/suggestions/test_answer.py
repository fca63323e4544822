"""An answer says where each link belongs, and why, as JSON and on a terminal; markup in it stays text."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from recommender import Story
from recommender.suggestions.answer import Suggestion, Suggestions

STORY = Story(id="a", headline="Open <b>data</b> & you", published=datetime(2024, 5, 1, tzinfo=UTC))
TEXT = "All about open data <script>."
ONE = Suggestion(
    phrase="open data",
    start=10,
    end=19,
    paragraph=0,
    before="All about ",
    after=" <script>.",
    story=STORY,
    probability=0.4321,
    reasons=("The phrase is its headline",),
)


def test_an_answer_is_told_as_json_and_as_text() -> None:
    found = Suggestions(TEXT, (ONE,))
    told = json.loads(found.to_json())
    (link,) = told["suggestions"]
    assert told["text"][link["start"] : link["end"]] == link["phrase"] == "open data"
    assert (link["story"]["id"], link["probability"]) == ("a", 0.432)
    assert "All about [open data] <script>." in found.to_text()
    assert "2024-05-01 a" in found.to_text()
    assert "The phrase is its headline (0.43)" in found.to_text()
    assert [*found] == [found[0]]
    assert len(found) == 1


def test_no_link_is_said_so() -> None:
    assert Suggestions(TEXT, ()).to_text() == "No phrase of this text asks for a link."
    assert json.loads(Suggestions(TEXT, ()).to_json()) == {"text": TEXT, "suggestions": []}
