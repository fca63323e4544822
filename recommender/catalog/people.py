"""People of the desk in their tables: names, roles, digests. Knows nothing of how a secret is made."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, insert, select, update

from recommender.catalog import audit
from recommender.catalog.audit import Entry
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import person, session, sign_in_link


class PersonRow(NamedTuple):
    """One person. `password` is a hash, None where there is none; `created` is in epoch seconds."""

    num: int
    name: str
    role: str
    password: str | None
    created: int


class PeopleTable:
    """The people of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, name: str, role: str, at: int, said: Entry) -> bool:
        """Keep a person; return whether the name was free."""
        with self._catalog.transaction() as connection:
            if _row(connection, _named(name)) is not None:
                return False
            connection.execute(insert(person).values(name=name, role=role, created=at))
            audit.write(connection, said)
            return True

    def all(self) -> list[PersonRow]:
        """Return all people, by name."""
        with self._catalog.snapshot() as connection:
            return [PersonRow(*row) for row in connection.execute(select(person).order_by(person.c.name))]

    def named(self, name: str) -> PersonRow | None:
        """Return a person, or None."""
        with self._catalog.snapshot() as connection:
            return _row(connection, _named(name))

    def change(self, name: str, said: Entry, **values: str) -> bool:
        """Change a role or a password, and end that person's sessions; return whether there is one."""
        with self._catalog.transaction() as connection:
            held = _row(connection, _named(name))
            if held is None:
                return False
            connection.execute(update(person).where(person.c.num == held.num).values(values))
            _end_all(connection, held.num)
            audit.write(connection, said)
            return True

    def remove(self, name: str, said: Entry) -> bool:
        """Delete a person with their sessions and links; return whether there was one."""
        with self._catalog.transaction() as connection:
            gone = connection.execute(delete(person).where(person.c.name == name)).rowcount
            if gone:
                audit.write(connection, said)
            return bool(gone)

    def add_link(self, name: str, digest: str, now: int, expires: int, said: Entry) -> bool:
        """Keep a link by which a person may sign in once; return whether there is such a person."""
        with self._catalog.transaction() as connection:
            held = _row(connection, _named(name))
            if held is None:
                return False
            connection.execute(delete(sign_in_link).where(sign_in_link.c.expires <= now))
            row = {"digest": digest, "person": held.num, "expires": expires}
            connection.execute(insert(sign_in_link).values(row))
            audit.write(connection, said)
            return True

    def of_link(self, digest: str, now: int) -> PersonRow | None:
        """Return whose link this is, as long as it may be used."""
        with self._catalog.snapshot() as connection:
            return _row(connection, _of_link(digest, now))

    def use_link(self, digest: str, now: int) -> PersonRow | None:
        """Use a link up and return whose it was; None where it may not be used, or not any more."""
        with self._catalog.transaction() as connection:
            held = _row(connection, _of_link(digest, now))
            connection.execute(delete(sign_in_link).where(sign_in_link.c.digest == digest))
            return held

    def add_session(self, num: int, digest: str, now: int, expires: int, said: Entry) -> bool:
        """Keep a session of a person; return whether they are still there."""
        with self._catalog.transaction() as connection:
            if _row(connection, select(person).where(person.c.num == num)) is None:
                return False
            connection.execute(delete(session).where(session.c.expires <= now))
            row = {"digest": digest, "person": num, "created": now, "expires": expires}
            connection.execute(insert(session).values(row))
            audit.write(connection, said)
            return True

    def of_session(self, digest: str) -> tuple[PersonRow, int] | None:
        """Return whose session this is and when it ends, epoch seconds; None where there is none."""
        query = select(person, session.c.expires).join(session, session.c.person == person.c.num)
        with self._catalog.snapshot() as connection:
            row = connection.execute(query.where(session.c.digest == digest)).one_or_none()
        return None if row is None else (PersonRow(*row[:-1]), row[-1])

    def end_session(self, digest: str, said: Entry) -> None:
        """End a session, and say whose it was; does nothing where there is none."""
        with self._catalog.transaction() as connection:
            ended = delete(session).where(session.c.digest == digest).returning(session.c.person)
            num = connection.execute(ended).scalar()
            if num is not None:
                whose = connection.execute(select(person.c.name).where(person.c.num == num)).scalar_one()
                audit.write(connection, said._replace(about=whose, by=said.by or whose))

    def end_all(self, name: str | None, said: Entry) -> int | None:
        """End the sessions and links of a person, or of all; return how many sessions, None for nobody."""
        with self._catalog.transaction() as connection:
            held = None if name is None else _row(connection, _named(name))
            if name is not None and held is None:
                return None
            count = _end_all(connection, None if held is None else held.num)
            audit.write(connection, said)
            return count


def _end_all(connection: Connection, num: int | None) -> int:
    """End the sessions and links of a person, or of all; return how many sessions."""
    links, sessions = delete(sign_in_link), delete(session)
    if num is not None:
        links, sessions = links.where(sign_in_link.c.person == num), sessions.where(session.c.person == num)
    connection.execute(links)
    return connection.execute(sessions).rowcount


def _named(name: str) -> Select[Any]:
    return select(person).where(person.c.name == name)


def _of_link(digest: str, now: int) -> Select[Any]:
    query = select(person).join(sign_in_link, sign_in_link.c.person == person.c.num)
    return query.where(sign_in_link.c.digest == digest, sign_in_link.c.expires > now)


def _row(connection: Connection, query: Select[Any]) -> PersonRow | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else PersonRow(*row)
