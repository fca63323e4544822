"""A page names the language that a story is in, as far as anybody knows."""

from __future__ import annotations

from dataclasses import replace

from recommender.story.language_tags import tag_of
from recommender.story.languages import Language
from tests.export.blocks import SOURCE


def test_what_is_declared_is_named_as_it_was_declared() -> None:
    assert tag_of(replace(SOURCE, language="pt-BR")) == "pt-BR"


def test_what_is_found_is_named_where_nothing_is_declared_or_that_is_not_believed() -> None:
    found = Language("bn", 0.9, declared=False)
    assert tag_of(replace(SOURCE, language=None, spoken=found)) == "bn"
    assert tag_of(replace(SOURCE, language="en", spoken=found)) == "bn"


def test_what_nobody_knows_has_no_name() -> None:
    assert tag_of(replace(SOURCE, language=None, spoken=Language("", 0.0, declared=False))) == ""
    assert tag_of(replace(SOURCE, language=None, spoken=Language("und-Latn", 0.0, declared=False))) == ""
