"""What was noted is known again, also where a run was killed in the middle of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.errors import ExportError
from recommender.export.changes import Cursor
from recommender.export.journal import Delivered, Journal

A, B = Delivered("a.json", "11"), Delivered("b.json", "22")


def test_a_run_that_ended_is_known_as_of_its_begin(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal.open(path, "archive", "recipe") as journal:
        assert (journal.since, journal.begun, journal.held) == (None, None, {})
        begun = journal.begin(Cursor(3, 4))
        journal.keep({"a": A, "b": B})
        journal.drop(["b", "never"])
        journal.finish(begun)
    with Journal.open(path, "archive", "recipe") as journal:
        assert (journal.since, journal.begun, journal.held) == (Cursor(3, 4), None, {"a": A})


def test_a_run_that_was_stopped_is_known_as_far_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal.open(path, "archive", "recipe") as journal:
        journal.begin(Cursor(3, 4))
        journal.keep({"a": A, "b": Delivered("b.json")})
    for _ in range(2):
        with Journal.open(path, "archive", "recipe") as journal:
            assert (journal.since, journal.begun, journal.done) == (None, Cursor(3, 4), {"a"})
            assert journal.held == {"a": A, "b": Delivered("b.json")}
            assert journal.begin(Cursor(9, 9)) == Cursor(3, 4)
    with Journal.open(path, "archive", "recipe") as journal:
        assert journal.begin(Cursor(9, 9), anew=True) == Cursor(9, 9)


def test_a_torn_line_costs_what_it_told_of_and_nothing_after_it(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal.open(path, "archive", "recipe") as journal:
        journal.begin(Cursor(1, 1))
        journal.keep({"a": A, "b": B})
    path.write_bytes(path.read_bytes()[:-5])
    with Journal.open(path, "archive", "recipe") as journal:
        assert journal.held == {"a": A}
        journal.keep({"b": B})
    with Journal.open(path, "archive", "recipe") as journal:
        assert journal.held == {"a": A, "b": B}


def test_another_recipe_keeps_the_places_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal.open(path, "archive", "recipe") as journal:
        journal.keep({"a": A})
        journal.finish(Cursor(1, 1))
    for _ in range(2):
        with Journal.open(path, "archive", "other") as journal:
            assert (journal.since, journal.held) == (None, {"a": Delivered("a.json")})


@pytest.mark.parametrize("content", [b"", b"no journal", b'["related",9,"archive","recipe",null]\n'])
def test_what_is_no_journal_of_ours_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal"
    path.write_bytes(content)
    with pytest.raises(ExportError, match="delete that file"), Journal.open(path, "archive", "recipe"):
        pass
    assert path.read_bytes() == content


def test_one_at_a_time(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal", "archive", "recipe"):
        again = Journal.open(tmp_path / "journal", "archive", "recipe")
        with pytest.raises(ExportError, match="another export is at work there"):
            again.__enter__()
