"""What stories say of their translations, by name and by a key in common, as the catalog keeps it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from recommender.catalog import Catalog
from recommender.catalog.translations import MOST_IN_COMMON

from .catalog_cases import a_story, add


def said(catalog: Catalog, *nums: int) -> list[list[int]]:
    return catalog.translations(nums or None).T.tolist()


def test_what_is_said_about_some_stories_is_of_all_that_is_said_what_concerns_them(catalog: Catalog) -> None:
    keyed = [a_story(f"k{n}", translation_key="ferry") for n in range(3)]
    add(catalog, *keyed, a_story("one", translations=("k1", "alone")), a_story("alone", translation_key="x"))
    assert said(catalog) == [[1, 2], [1, 3], [2, 3], [4, 2], [4, 5]]
    for num in range(1, 6):
        assert said(catalog, num) == [pair for pair in said(catalog) if num in pair]


def test_a_key_that_many_stories_have_says_nothing(catalog: Catalog) -> None:
    add(catalog, *(a_story(f"k{n}", translation_key="article") for n in range(MOST_IN_COMMON)))
    assert len(said(catalog)) == MOST_IN_COMMON * (MOST_IN_COMMON - 1) // 2
    assert len(said(catalog, 1)) == MOST_IN_COMMON - 1
    add(catalog, a_story("last", translation_key="article"))
    assert said(catalog) == said(catalog, 1) == []


def test_no_story_can_be_called_as_a_key_is_kept(catalog: Catalog) -> None:
    add(catalog, a_story("translation-key:ferry"))
    add(catalog, *(a_story(id, translation_key="ferry") for id in ("k1", "k2")))
    add(catalog, a_story("names it", translations=("translation-key:ferry",)))
    assert said(catalog) == [[2, 3], [4, 1]]


def test_keys_of_an_older_catalog_are_kept_as_they_are_now(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with Catalog.create(path) as catalog:
        add(catalog, a_story("k1", translation_key="ferry"), a_story("k2", translation_key="ferry"))
    with closing(sqlite3.connect(path)) as connection:  # as version 21 and 24 had them
        connection.execute("UPDATE link SET reference = ltrim(reference, char(10))")
        connection.execute("UPDATE schema_version SET version = 21")
        connection.commit()
    with Catalog.open(path) as catalog:
        add(catalog, a_story("k3", translation_key="ferry"))
        assert said(catalog) == [[1, 2], [1, 3], [2, 3]]
        assert catalog.problems() == []
