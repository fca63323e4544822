"""The audit log: who changed or used what lets somebody in, chose settings, acted on blocks. Knows no secret.

An entry is written in the transaction of its act: there is none without the other; tries to sign in that
failed are summed up. Acts on blocks stand in their own table since the first version, and are read together
with these.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Select, Text, delete, insert, literal, select
from sqlalchemy.sql.elements import ColumnElement

from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import action, audit

BLOCK = "block"  # what acts on blocks begin with, as those of keys do with "key"
KINDS = ("key", "person", "session", "settings", "comparison", BLOCK)  # what acts begin with
LONGEST = 200  # characters of each part that are kept
PIECE = 500  # rows that one transaction drops: some milliseconds for which a publish may wait


class Actor(NamedTuple):
    """Who acts, and from where: an address, or the command line."""

    name: str = ""
    origin: str = ""


class Entry(NamedTuple):
    """One act.

    Attributes
    ----------
    at : int
        Epoch seconds.
    act : str
        What was done, such as ``key.add``: the kind of thing, and what befell it.
    about : str
        The name of the key or person; the id of the story whose block it was; the number of a choice of
        settings or of a comparison.
    by, origin : str
        Who did it, and from where; empty where that is not known.
    note : str
        Rights, a role, when something ends, settings, or the stories of an act on a block.
    """

    at: int
    act: str
    about: str
    by: str = ""
    origin: str = ""
    note: str = ""


def write(connection: Connection, entry: Entry) -> None:
    """Keep an entry, in the transaction of its act."""
    row = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in _fields(entry)}
    connection.execute(insert(audit).values(row))


def _fields(entry: Entry) -> Sequence[tuple[str, str | int]]:
    return list(entry._asdict().items())


class AuditLog:
    """The entries of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def latest(
        self, limit: int, *, act: str = "", about: str = "", by: str = "", since: int = 0
    ) -> list[Entry]:
        """Return the last entries, the newest first.

        Parameters
        ----------
        limit : int
            How many at most.
        act : str, optional
            An act, or the kind of thing that it begins with: ``key.rotate``, ``key``.
        about, by : str, optional
            Whom or what it was about, and who did it.
        since : int
            Epoch seconds of the oldest.
        """
        found: list[list[Entry]] = []
        wanted = {"about": about, "by": by}
        with self._catalog.snapshot() as connection:
            for query in _asked(act):
                part = query.subquery()
                conditions: list[ColumnElement[bool]] = [part.c.at >= since]
                conditions += [part.c[name] == value for name, value in wanted.items() if value]
                if act:
                    below = part.c.act.startswith(f"{act}.", autoescape=True)
                    conditions.append((part.c.act == act) | below)
                rows = connection.execute(
                    select(part).where(*conditions).order_by(part.c.at.desc(), part.c.num.desc()).limit(limit)
                )
                found.append([Entry(*row[1:]) for row in rows])
        return list(heapq.merge(*found, key=lambda entry: -entry.at))[:limit]

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep what is no act in the catalog, such as a try that failed, in a transaction of its own."""
        with self._catalog.transaction() as connection:
            for entry in entries:
                write(connection, entry)

    def prune(self, before: int, most: int = PIECE) -> int:
        """Drop up to `most` entries that are older than `before`, epoch seconds; return how many."""
        old = select(audit.c.num).where(audit.c.at < before).order_by(audit.c.at).limit(most)
        with self._catalog.snapshot() as connection:
            if connection.execute(old.limit(1)).first() is None:
                return 0
        with self._catalog.transaction() as connection:
            return connection.execute(delete(audit).where(audit.c.num.in_(old))).rowcount


def _asked(act: str) -> list[Select[tuple[object, ...]]]:
    """Return the queries of the tables that hold an act, or acts of its kind; both where none is named."""
    kind = act.partition(".")[0]
    return [*([_of_keys()] if kind != BLOCK else []), *([_of_blocks()] if kind in ("", BLOCK) else [])]


def _of_keys() -> Select[tuple[object, ...]]:
    return select(audit.c.num, *(audit.c[name] for name in Entry._fields))


def _of_blocks() -> Select[tuple[object, ...]]:
    return select(
        action.c.num,
        action.c.at,
        literal(f"{BLOCK}.", Text).concat(action.c.act).label("act"),
        action.c.source.label("about"),
        action.c.by,
        literal("", Text).label("origin"),
        action.c.targets.label("note"),
    )
