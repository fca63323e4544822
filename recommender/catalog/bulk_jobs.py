"""Bulk loads that go on by themselves: how each stands, for whichever process is asked. Knows no lines."""

from __future__ import annotations

from collections.abc import Container, Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, insert, select, tuple_, update

from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import bulk_job, bulk_refusal

KEPT = 100  # jobs that are over and can be looked at
LAPSED = 60.0  # seconds after which a job of which nothing is heard has gone with its process


class State(StrEnum):
    """How a job stands."""

    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


class JobRow(NamedTuple):
    """How a job stands: whose it is, what it is made of, which run works on it, and how far that came.

    Attributes
    ----------
    account, name : str
        Whose it is, and what it is called.
    digest : str
        Of its lines.
    run : str
        Of this beginning; another one of the same name has another.
    at : float
        When its run was last heard of, epoch seconds.
    outcomes : str
        JSON: stories by outcome.
    problem : str or None
        JSON: what stopped it.
    refusals : tuple of str
        JSON, each: why a line was refused. Kept in rows of their own.
    """

    account: str
    name: str
    digest: str
    run: str
    lines: int
    at: float
    state: str = State.WORKING
    outcomes: str = "{}"
    refused: int = 0
    problem: str | None = None
    refusals: tuple[str, ...] = ()

    def has_lapsed(self, now: float, living: Container[str]) -> bool:
        """Return whether its process is gone; `living` are the runs of this one."""
        return self.state == State.WORKING and self.run not in living and now - self.at > LAPSED


class Refusal(NamedTuple):
    """A refused line of a job: its place among these, the story's id or where it stood, and why, as JSON."""

    place: int
    story: str
    told: str


class BulkJobs:
    """The jobs of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def row(self, account: str, name: str) -> JobRow | None:
        """Return how a job stands, with its refusals."""
        with self._catalog.snapshot() as connection:
            return _whole(connection, _row(connection, account, name))

    def begin(self, new: JobRow, living: Container[str], *, has_room: bool = True) -> JobRow | None:
        """Begin a job, or join the one of this name that is at work, or is done with the same lines.

        Parameters
        ----------
        new : JobRow
            As it begins.
        living : container of str
            The runs of this process, which are alive however long nothing was heard of them.
        has_room : bool
            Whether this process may begin one.

        Returns
        -------
        JobRow or None
            `new` where it was begun; else the one that is joined, or in the way, since it is at work on other
            lines; None where neither is and there is no room.
        """
        with self._catalog.transaction() as connection:
            held = _row(connection, new.account, new.name)
            if held is not None:
                is_at_work = held.state == State.WORKING and not held.has_lapsed(new.at, living)
                if is_at_work or (held.state == State.DONE and held.digest == new.digest):
                    return _whole(connection, held)
            if not has_room:
                return None
            _delete(connection, [(new.account, new.name), *_old(connection)])
            connection.execute(insert(bulk_job).values(_columns(new)))
            return new

    def goes_on(self, row: JobRow) -> bool:
        """Return whether a run is to go on: nobody cancelled it, and no other took its place."""
        with self._catalog.snapshot() as connection:
            held = _row(connection, row.account, row.name)
        return held is not None and held.run == row.run and held.state == State.WORKING

    def keep(self, row: JobRow, refusals: Sequence[Refusal] = ()) -> None:
        """Keep how far a run came, and what was refused since; one that was cancelled meanwhile stays so."""
        with self._catalog.transaction() as connection:
            held = _row(connection, row.account, row.name)
            if held is None or held.run != row.run:
                return
            if held.state != State.WORKING:
                row = row._replace(state=held.state, problem=held.problem)
            connection.execute(update(bulk_job).where(_named(row.account, row.name)).values(_columns(row)))
            if refusals:
                key = {"account": row.account, "name": row.name}
                connection.execute(insert(bulk_refusal), [key | each._asdict() for each in refusals])

    def cancel(self, account: str, name: str, now: float) -> JobRow | None:
        """Let a job begin nothing more; return how it stands, or None where there is none."""
        with self._catalog.transaction() as connection:
            held = _row(connection, account, name)
            if held is not None and held.state == State.WORKING:
                held = held._replace(state=State.CANCELLED.value, at=now)
                connection.execute(update(bulk_job).where(_named(account, name)).values(_columns(held)))
            return _whole(connection, held)


_STANDING = [bulk_job.c[field] for field in JobRow._fields if field != "refusals"]


def _row(connection: Connection, account: str, name: str) -> JobRow | None:
    found = connection.execute(select(*_STANDING).where(_named(account, name))).first()
    return None if found is None else JobRow(*found)


def _whole(connection: Connection, row: JobRow | None) -> JobRow | None:
    if row is None:
        return None
    same = (bulk_refusal.c.account == row.account) & (bulk_refusal.c.name == row.name)
    query = select(bulk_refusal.c.told).where(same).order_by(bulk_refusal.c.place)
    return row._replace(refusals=tuple(connection.execute(query).scalars()))


def _columns(row: JobRow) -> dict[str, object]:
    return {field: value for field, value in row._asdict().items() if field != "refusals"}


def _old(connection: Connection) -> list[tuple[str, str]]:
    """Return which jobs are over and forgotten."""
    over = select(bulk_job.c.account, bulk_job.c.name).where(bulk_job.c.state != State.WORKING)
    newest_first = connection.execute(over.order_by(bulk_job.c.at.desc()))
    return [(account, name) for account, name in newest_first][KEPT:]


def _delete(connection: Connection, named: Sequence[tuple[str, str]]) -> None:
    connection.execute(delete(bulk_job).where(tuple_(bulk_job.c.account, bulk_job.c.name).in_(named)))


def _named(account: str, name: str) -> ColumnElement[bool]:
    return (bulk_job.c.account == account) & (bulk_job.c.name == name)
