"""API keys: who is let in, and what is kept of a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from recommender.errors import KeyNameError, NotFoundError
from recommender.service.keys import Keyring, Right, parse_rights


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keyring(tmp_path: Path, clock: Clock) -> Iterator[Keyring]:
    with Catalog.create(tmp_path / "catalog.sqlite") as catalog:
        yield Keyring(catalog, clock)


def test_the_key_that_was_handed_out_is_found_and_no_other(keyring: Keyring, clock: Clock) -> None:
    text = keyring.add("cms", [Right.EDIT, Right.READ])
    found = keyring.lookup().find(text, clock())
    assert found is not None
    assert (found.name, found.rights) == ("cms", {Right.READ, Right.EDIT})
    num = text.split("_")[1]
    wrong = [text[:-1], text + "x", text[:-1] + ("A" if text[-1] != "A" else "B"), text.upper(), "", "rel_"]
    wrong += [text.replace(f"_{num}_", f"_{int(num) + 1}_"), f"rel_{num}_", text.replace(num, "٣")]
    assert [keyring.lookup().find(other, clock()) for other in wrong] == [None] * len(wrong)


def test_the_file_does_not_hold_the_key(keyring: Keyring, tmp_path: Path) -> None:
    secret = keyring.add("cms", [Right.READ]).split("_", 2)[2]
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in held
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        rows = connection.execute("SELECT * FROM api_key").fetchall()
    assert secret not in str(rows)


def test_a_rotated_key_works_as_long_as_it_was_given(keyring: Keyring, clock: Clock) -> None:
    old = keyring.add("cms", [Right.PUBLISH])
    new = keyring.rotate("cms", grace=60)
    assert keyring.lookup().find(old, clock() + 59) is not None
    assert keyring.lookup().find(old, clock() + 60) is None
    found = keyring.lookup().find(new, clock() + 10**9)
    assert found is not None
    assert found.rights == {Right.PUBLISH}
    clock.now += 61
    newest = keyring.rotate("cms")
    assert keyring.lookup().find(newest, clock()) is not None
    assert [key.name for key in keyring.list()] == ["cms"]


def test_a_removed_key_takes_the_one_it_replaced_with_it(keyring: Keyring, clock: Clock) -> None:
    other = keyring.add("cms2", [Right.READ])
    keys = [keyring.add("cms", [Right.READ]), keyring.rotate("cms", grace=60)]
    keyring.remove("cms")
    assert [keyring.lookup().find(text, clock()) for text in keys] == [None, None]
    assert keyring.lookup().find(other, clock()) is not None


@pytest.mark.parametrize("name", ["", "a b", "a~b", "-a", "x" * 65, "ä", "a\nb"])
def test_a_name_is_one_that_a_log_can_hold(keyring: Keyring, name: str) -> None:
    with pytest.raises(KeyNameError, match="give 1 to 64 letters"):
        keyring.add(name, [Right.READ])


def test_mistakes_name_the_way_out(keyring: Keyring) -> None:
    keyring.add("cms", [Right.READ])
    with pytest.raises(KeyNameError, match=r"^there is a key cms already; rotate it, remove it"):
        keyring.add("cms", [Right.READ])
    with pytest.raises(KeyNameError, match=r"^right 'write' is not known; give one or more of read"):
        parse_rights("read,write")
    with pytest.raises(KeyNameError, match=r"^key x has no right"):
        keyring.add("x", parse_rights(" , "))
    for act in (keyring.rotate, keyring.remove):
        with pytest.raises(NotFoundError, match=r"^no key 'y'; see: related keys list"):
            act("y")


def test_rights_are_read_as_the_command_line_has_them() -> None:
    assert parse_rights("read, edit") == {Right.READ, Right.EDIT}
