"""The audit log: each act with its entry, filters, what is dropped, and no secret in it."""

from __future__ import annotations

import pytest

from recommender.catalog import Catalog
from recommender.catalog.audit import LONGEST, Actor, AuditLog, Entry, write
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.errors import KeyNameError, NotFoundError
from recommender.service.keys import Keyring, Right

NOW = 1_900_000_000
WHO = Actor("night-desk", "command line")


def acts(catalog: Catalog) -> list[tuple[str, str, str, str]]:
    """Return what was done, the oldest first."""
    return [entry[1:5] for entry in reversed(AuditLog(catalog).latest(100))]


def test_each_act_on_a_key_is_told_with_who_did_it(catalog: Catalog) -> None:
    keys = Keyring(catalog, lambda: NOW, WHO)
    secrets = [keys.add("cms", [Right.READ]), keys.rotate("cms", 3600)]
    keys.end_tokens()
    keys.remove("cms")
    about = {"key.end-tokens": ""}
    told = ["key.add", "key.rotate", "key.end-tokens", "key.remove"]
    assert acts(catalog) == [(act, about.get(act, "cms"), *WHO) for act in told]
    notes = [entry.note for entry in AuditLog(catalog).latest(10)]
    assert notes == ["", "", "the old one ends 2030-03-17T18:46:40Z", "read"]
    assert not any(secret in note for secret in secrets for note in notes)


def test_each_act_on_a_person_is_told_and_who_signed_in_from_where(catalog: Catalog) -> None:
    people = People(catalog, lambda: NOW, WHO)
    person = people.add("sports-desk", Role.READER)
    people.make_link("sports-desk", 1)
    people.set_role("sports-desk", Role.EDITOR)
    people.set_password("sports-desk", "correct horse battery")
    token = people.begin_session(person, 1, "192.0.2.7", "password")
    people.end_session(token or "", "192.0.2.7")
    people.end_session("of nobody", "192.0.2.7")
    assert people.sign_out() == 0
    people.remove("sports-desk")
    here = ("sports-desk", *WHO)
    there = ("sports-desk", "sports-desk", "192.0.2.7")
    assert acts(catalog) == [
        *((f"person.{act}", *here) for act in ("add", "link", "role", "password")),
        ("session.begin", *there),
        ("session.end", *there),
        ("session.end-all", "", *WHO),
        ("person.remove", *here),
    ]


def test_what_was_not_done_is_not_told(catalog: Catalog) -> None:
    keys, people = Keyring(catalog, lambda: NOW, WHO), People(catalog, lambda: NOW, WHO)
    for refused in (keys.rotate, keys.remove, people.remove, people.sign_out):
        with pytest.raises(NotFoundError):
            refused("nobody")
    with pytest.raises(KeyNameError):
        keys.add("no name", [Right.READ])
    assert acts(catalog) == []


def test_signing_out_ends_sessions_and_links_of_one_or_of_all(catalog: Catalog) -> None:
    people = People(catalog, lambda: NOW, WHO)
    desks = [people.add(name, Role.READER) for name in ("culture-desk", "night-desk", "sports-desk")]
    tokens = [people.begin_session(desk, 1) or "" for desk in desks]
    links = [people.make_link(desk.name, 1) for desk in desks]
    assert people.sign_out("night-desk") == 1
    assert [people.of_session(token) is None for token in tokens] == [False, True, False]
    assert [people.of_link(link) is None for link in links] == [False, True, False]
    assert people.sign_out() == 2
    assert not any(people.of_session(token) for token in tokens)
    assert not any(people.of_link(link) for link in links)


def test_new_seals_refuse_what_was_sealed_before(catalog: Catalog) -> None:
    keys = Keyring(catalog, lambda: NOW, WHO)
    keys.make_secret()
    keys.add("cms", [Right.READ])
    before = keys.lookup().seal(1, b"message", NOW)
    keys.end_tokens()
    assert keys.lookup().seal(1, b"message", NOW) not in (None, before)


def test_filters_narrow_and_old_entries_go(catalog: Catalog) -> None:
    with catalog.transaction() as connection:
        for number in range(10):
            act = ("key.add", "key.rotate", "person.add", "keys", "session.begin")[number % 5]
            write(
                connection, Entry(NOW + number, act, f"name-{number % 2}", f"by-{number % 3}", "", "x" * 999)
            )
    log = AuditLog(catalog)
    assert [entry.at - NOW for entry in log.latest(3)] == [9, 8, 7]
    assert {entry.act for entry in log.latest(10, act="key")} == {"key.add", "key.rotate"}
    assert [entry.act for entry in log.latest(10, act="key.rotate")] == ["key.rotate"] * 2
    assert [entry.at - NOW for entry in log.latest(10, about="name-1", by="by-0")] == [9, 3]
    assert [entry.at - NOW for entry in log.latest(10, since=NOW + 8)] == [9, 8]
    assert all(len(entry.note) == LONGEST for entry in log.latest(10))
    assert log.prune(NOW + 4, most=3) == 3
    assert log.prune(NOW + 4) == 1
    assert log.prune(NOW + 4) == 0
    assert len(log.latest(10)) == 6
