"""People of the desk: their passwords, personal links and sessions. Knows no HTTP and no SQL.

A password is kept as its Argon2id hash (RFC 9106, the library's parameters). Links and sessions are 256
random bits, which nobody guesses from a SHA-256; see `recommender/service/keys.py`.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from recommender.catalog import Catalog
from recommender.catalog.audit import Actor, Entry
from recommender.catalog.people import PeopleTable, PersonRow
from recommender.desk.roles import Person, Role
from recommender.errors import NotFoundError, PersonError, shown
from recommender.story.text_safety import forbidden_character, line_break, markup_in, unbalanced_bidi
from recommender.story.timestamps import format_time

SECRET_BYTES = 32
LONGEST_NAME = 60  # characters; what stands beside each act
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 1000  # characters
HELD = 10_000  # sessions that are held in memory; of more, all are read anew
_DAY = 86_400  # seconds

HASHER = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as a list of people has them: `created` in epoch seconds, and whether there is a password."""

    person: Person
    created: int
    has_password: bool


class People:
    """The people of an archive: added and removed by operators, signed in by the desk.

    Parameters
    ----------
    catalog : Catalog
        Where they are kept.
    clock : callable
        Returns now, epoch seconds.
    actor : Actor
        Who adds and removes people, for the audit log; who signs in is told by each call.
    """

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], float] = time.time,
        actor: Actor = Actor(),  # noqa: B008
    ) -> None:
        self._actor = actor
        self._table, self._version, self._clock = PeopleTable(catalog), catalog.version, clock
        self._held: tuple[int, dict[str, tuple[Person, int] | None]] = (-1, {})

    def add(self, name: str, role: Role) -> Person:
        """Let somebody sign in under a name.

        Raises
        ------
        PersonError
            When the name is taken, or none that can stand beside an act.
        """
        name = checked_name(name)
        if not self._table.add(name, role, int(self._clock()), self._said("person.add", name, role.value)):
            raise PersonError(f"there is {shown(name)} already; remove them first, or choose another name")
        return self.named(name)

    def list(self) -> list[Listed]:
        """Return all people, by name."""
        return [Listed(_person(row), row.created, row.password is not None) for row in self._table.all()]

    def named(self, name: str) -> Person:
        """Return a person; raise `NotFoundError` where there is none of that name."""
        row = self._table.named(normal(name))
        if row is None:
            raise unknown(name)
        return _person(row)

    def find(self, name: str) -> Person | None:
        """Return a person, or None."""
        row = self._table.named(normal(name))
        return None if row is None else _person(row)

    def set_role(self, name: str, role: Role) -> None:
        """Give a person another role; their sessions and links end."""
        if not self._table.change(normal(name), self._said("person.role", name, role.value), role=role.value):
            raise unknown(name)

    def set_password(self, name: str, password: str) -> None:
        """Give a person a password; their sessions and links end.

        Raises
        ------
        PersonError
            When it is too short or too long.
        NotFoundError
            When there is nobody of that name.
        """
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            count, wanted = f"{len(password):,} characters", f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,}"
            raise PersonError(f"the password has {count}; give {wanted}")
        said = self._said("person.password", name)
        if not self._table.change(normal(name), said, password=HASHER.hash(_spelt(password))):
            raise unknown(name)

    def remove(self, name: str) -> None:
        """Let somebody sign in no more; their sessions end at once, in every running service."""
        if not self._table.remove(normal(name), self._said("person.remove", name)):
            raise unknown(name)

    # Signing in

    def make_link(self, name: str, hours: float) -> str:
        """Return the secret part of a link by which a person may sign in once, within so many hours."""
        text, now = secrets.token_urlsafe(SECRET_BYTES), int(self._clock())
        ends = now + int(hours * 3600)
        said = self._said("person.link", name, f"good until {_time(ends)}")
        if not self._table.add_link(normal(name), digest(text), now, ends, said):
            raise unknown(name)
        return text

    def of_link(self, text: str) -> Person | None:
        """Return whom a link would sign in, None where it does not, or not any more."""
        row = self._table.of_link(digest(text), int(self._clock()))
        return None if row is None else _person(row)

    def by_link(self, text: str) -> Person | None:
        """Use a link up; return whom it signs in."""
        row = self._table.use_link(digest(text), int(self._clock()))
        return None if row is None else _person(row)

    def by_password(self, name: str, password: str) -> Person | None:
        """Return who has this name and password. It takes as long where there is nobody of that name."""
        row = self._table.named(normal(name))
        held = row.password if row is not None and row.password is not None else _nobodys()
        right = _verified(held, _spelt(password[:LONGEST_PASSWORD]))
        return _person(row) if right and row is not None and row.password is not None else None

    # Sessions

    def begin_session(self, person: Person, days: float, origin: str = "", by: str = "") -> str | None:
        """Return the token of a new session; None where the person was removed meanwhile.

        `origin` and `by` tell the audit log from where and by what, a link or a password, they signed in.
        """
        text, now = secrets.token_urlsafe(SECRET_BYTES), int(self._clock())
        said = Entry(now, "session.begin", person.name, person.name, origin, by)
        begun = self._table.add_session(person.num, digest(text), now, now + int(days * _DAY), said)
        return text if begun else None

    def of_session(self, text: str) -> Person | None:
        """Return whose session a token is of, as of the last commit of any process."""
        version = self._version()  # first: what is read later is no older
        if self._held[0] != version or len(self._held[1]) > HELD:
            self._held = (version, {})
        sessions, key = self._held[1], digest(text)
        if key not in sessions:
            found = self._table.of_session(key)
            sessions[key] = None if found is None else (_person(found[0]), found[1])
        held = sessions[key]
        return held[0] if held is not None and self._clock() < held[1] else None

    def end_session(self, text: str, origin: str = "") -> None:
        """End the session of a token."""
        self._table.end_session(digest(text), Entry(int(self._clock()), "session.end", "", "", origin))

    def sign_out(self, name: str | None = None) -> int:
        """End the sessions and links of a person, or of all, in every running service; return how many.

        Raises
        ------
        NotFoundError
            When there is nobody of that name.
        """
        whose = "" if name is None else normal(name)
        count = self._table.end_all(None if name is None else whose, self._said("session.end-all", whose))
        if count is None:
            raise unknown(whose)
        return count

    def _said(self, act: str, name: str, note: str = "") -> Entry:
        return Entry(int(self._clock()), act, normal(name), *self._actor, note)


def _time(at: int) -> str:
    return format_time(datetime.fromtimestamp(at, UTC))


def digest(text: str) -> str:
    """Return what is kept of a link or a session: its SHA-256, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def checked_name(name: str) -> str:
    """Return a name as it is kept; raise `PersonError` for one that would mislead beside an act."""
    given, name = name.strip(), normal(name)
    found = forbidden_character(given) or line_break(given) or unbalanced_bidi(name, lone_closers=False)
    if found or (found := markup_in(name)):
        raise PersonError(f"the name {shown(name)} holds {found}; give one in plain text, on one line")
    if not 0 < len(name) <= LONGEST_NAME:
        raise PersonError(f"the name {shown(name)} has {len(name)} characters; give 1 to {LONGEST_NAME}")
    return name


def parse_role(text: str) -> Role:
    """Return a role by its word; raise `PersonError` for another one."""
    try:
        return Role(text)
    except ValueError:
        raise PersonError(f"role {shown(text)} is not known; give one of {', '.join(Role)}") from None


def unknown(name: str) -> NotFoundError:
    """Return what is said of a name that nobody has."""
    return NotFoundError(f"nobody at the desk is called {shown(name)}", "related people list")


def normal(name: str) -> str:
    """Return a name in the one spelling in which people are looked up: single spaces, composed characters."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def _spelt(password: str) -> str:
    """Return a password in one spelling, whatever keyboard typed it (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


def _verified(held: str, password: str) -> bool:
    try:
        return HASHER.verify(held, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


_NOBODYS: list[str] = []


def _nobodys() -> str:
    """Return a hash that no password has, made once."""
    if not _NOBODYS:
        _NOBODYS.append(HASHER.hash(secrets.token_urlsafe(SECRET_BYTES)))
    return _NOBODYS[0]


def _person(row: PersonRow) -> Person:
    return Person(row.num, row.name, Role(row.role))
