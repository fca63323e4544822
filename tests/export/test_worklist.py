"""Looked at is what is missing, what may have changed, and what was not delivered for sure."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.export.changes import Cursor, make_fresh
from recommender.export.journal import Delivered, Journal
from recommender.export.worklist import worklist
from recommender.newsroom import Newsroom


@pytest.fixture(autouse=True)
def fresh(newsroom: Newsroom) -> None:
    make_fresh(newsroom)


def test_it_is_what_is_not_known_to_be_right(newsroom: Newsroom, tmp_path: Path) -> None:
    public, now = newsroom.public_nums(), Cursor.now(newsroom)
    ids = newsroom.archive.catalog.ids_of(public)
    with Journal.open(tmp_path / "journal", "archive", "recipe") as journal:
        assert worklist(newsroom, journal, public, full=False) == set(public)
        journal.keep({id: Delivered(id, "1") for id in ids.values()})
        journal.finish(now)
        assert worklist(newsroom, journal, public, full=False) == set()
        assert worklist(newsroom, journal, public, full=True) == set(public)
        journal.keep({ids[public[0]]: Delivered("a")})
        assert worklist(newsroom, journal, public, full=False) == {public[0]}
        journal.drop([ids[public[1]]])
        assert worklist(newsroom, journal, public, full=False) == set(public[:2])
        journal.finish(Cursor(now.block + 9, now.story))
        assert worklist(newsroom, journal, public, full=False) == set(public)


def test_what_a_stopped_run_came_to_is_left_out(newsroom: Newsroom, tmp_path: Path) -> None:
    public = newsroom.public_nums()
    done = newsroom.archive.catalog.ids_of(public[:1])[public[0]]
    with Journal.open(tmp_path / "journal", "archive", "recipe") as journal:
        journal.begin(Cursor.now(newsroom))
        journal.keep({done: Delivered("a", "1")})
        assert worklist(newsroom, journal, public, full=False) == set(public[1:])
