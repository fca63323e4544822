"""What a catalog needs of a database, and may not know more of. Each kind is a module beside this one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine, Table

from recommender.errors import ArchiveBusyError

Rows = Sequence[tuple[object, ...]]  # of one table, their values in the order of its columns


class Watch(Protocol):
    """Whether anything was committed since one last looked."""

    def version(self) -> int:
        """Return a number that stays as long as nothing is committed, by whomever."""

    def lead(self) -> None:
        """Go on as one who can write; the number moves on."""

    def close(self) -> None:
        """Look no more."""


class Presence(Protocol):
    """Whether what was opened is still what others open."""

    def know_log(self) -> None:
        """Remember what comes into being by the first read."""

    def check(self) -> None:
        """Return when it is; raise `ArchiveMovedError` when it is not."""


class Claim(Protocol):
    """Work that one process at a time may do for an archive."""

    def take(self) -> bool:
        """Return whether it is this process's; once taken it stays so, until it or its connection ends."""

    def give_back(self) -> None:
        """Let another process have it."""


class Backend(Protocol):
    """The place of one catalog.

    Attributes
    ----------
    place : str
        As messages name it, without any password.
    address : str
        By which other processes open it; may hold a password.
    """

    place: str
    address: str

    def make(self) -> None:
        """Make an empty place; raise `ArchiveError` where none can be."""

    def need(self) -> None:
        """Raise `NotFoundError` where there is none."""

    def unwritable(self) -> str:
        """Return why this process may not write there, "" where it may."""

    def open_engine(self, *, busy_seconds: float, read_only: bool) -> Engine:
        """Return an engine whose transactions each see one moment; a commit is kept before it returns."""

    def writing(self, engine: Engine) -> Engine:
        """Return the engine for transactions that write: one at a time, so that none fails half way."""

    def prepare(self, engine: Engine) -> None:
        """Do what has to be done once, outside of transactions."""

    def tables(self, connection: Connection) -> list[str]:
        """Return the tables that are held, of whatever program."""

    def mark(self, connection: Connection) -> None:
        """Note that it is a catalog, as a part of the transaction."""

    def is_marked(self, connection: Connection) -> bool:
        """Return whether that is noted."""

    def explained(self, *, writing: bool = False) -> AbstractContextManager[None]:
        """Turn the driver's errors into ours, each with its way out."""

    def busy(self) -> ArchiveBusyError:
        """Return the error for other writers that did not finish in time."""

    def watch(self, *, read_only: bool, on_writer: Callable[[], None]) -> Watch:
        """Return what looks whether anything was committed."""

    def listen(self, told: Callable[[], None], stopping: threading.Event) -> None:
        """Return at once; have `told` called whenever another process commits, as far as that is known."""

    def presence(self) -> Presence:
        """Return what looks whether it is still there, remembering what is now."""

    def claim(self, work: str) -> Claim:
        """Return a claim on some work for this archive, not taken yet."""

    def size(self, connection: Connection) -> int:
        """Return the bytes that it takes."""

    def problems(self, connection: Connection) -> list[str]:
        """Read all of it and return what is wrong; empty when it is sound."""

    # In bulk

    def hold(self, connection: Connection) -> None:
        """Let a transaction last however long nothing is asked of it."""

    def load(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Write many new rows."""

    def given_out(self, connection: Connection) -> dict[str, int]:
        """Return the last number that the database has given to a row, by the table; deleted rows count."""

    def go_on_from(self, connection: Connection, given_out: Mapping[str, int]) -> None:
        """Let the database give no row a number up to these, nor one of a row that is held."""
