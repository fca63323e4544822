"""What PostgreSQL's errors mean for a catalog, each with its way out. Knows no tables, shows no password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from recommender.errors import (
    ArchiveBusyError,
    ArchiveDiskError,
    ArchiveError,
    ArchiveUnreachableError,
    NotFoundError,
    shown,
)

_NOTHING_LOST = "nothing that was acknowledged is lost"
_WAIT = "{lost}: try again, or raise busy_seconds"
# By SQLSTATE, or its first two letters: https://www.postgresql.org/docs/16/errcodes-appendix.html
_MEANT: dict[str, tuple[type[ArchiveError] | type[NotFoundError], str]] = {
    "55P03": (ArchiveBusyError, "another writer holds it and did not finish in time; nothing was written: "
              "try again, or raise busy_seconds"),
    "57014": (ArchiveBusyError, "a statement took longer than it may (statement_timeout), or was cancelled; "
              "{lost}: try again"),
    "40": (ArchiveBusyError, "{lost}: try again"),
    "53300": (ArchiveBusyError, "the server has no connection left; {lost}: raise its max_connections, or "
              "run fewer copies"),
    "53": (ArchiveDiskError, "{lost}: free some space on the server and try again"),
    "58": (ArchiveDiskError, "{lost}: look at the disk of the server"),
    "25006": (ArchiveDiskError, "the server or the role may only read; connect to the primary, by a role "
              "that may write"),
    "42501": (ArchiveDiskError, "the role lacks the right; GRANT it, or connect by the role that made the "
              "archive"),
    "28": (ArchiveError, "the server refuses the role or its password; look at the address, "
           "RELATED_CATALOG_PASSWORD_FILE and pg_hba.conf"),
    "3D000": (NotFoundError, "there is no such database; make it with createdb, then: related init"),
    "XX": (ArchiveError, "the server found damage; look at its log, and restore a backup"),
}  # fmt: skip
_LOST = ("08", "57P", "25P03")  # the connection, or the whole server
# A connection that is refused comes without its SQLSTATE; servers that speak English say it in words.
_SAID = {
    "authentication failed": "28P01",
    "pg_hba.conf": "28000",
    "no password supplied": "28P01",
    'database "': "3D000",
    'role "': "28000",
    "too many": "53300",
    "remaining connection slots": "53300",
}
_UNREACHABLE = "the server does not answer; {lost}: look whether it runs and can be reached"
_UNSURE = (
    "the server went away while this was committed: it was kept whole or not at all; send it again, which "
    "changes nothing where it was kept"
)


@contextmanager
def explained(place: str, *, writing: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours.

    Raises
    ------
    ArchiveBusyError
        When a lock, a statement or a connection did not come in time.
    ArchiveUnreachableError
        When the server cannot be reached, or went away.
    ArchiveError
        When the disk is full, a right is missing, or else.
    NotFoundError
        When there is no such database, or something was looked up by what no database can hold.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        raise NotFoundError(
            f"nothing is held under {shown(error.object)}, which is not Unicode text"
        ) from error
    except PoolTimeout as error:
        raise ArchiveBusyError(f"catalog {place}: too many questions at once; try again") from error
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.Error):
            raise
        raise explanation(place, error.orig, writing=writing, lost=error.connection_invalidated) from error
    except psycopg.Error as error:
        raise explanation(place, error, writing=writing) from error


def explanation(
    place: str, error: psycopg.Error, *, writing: bool = False, lost: bool = False
) -> ArchiveError | NotFoundError:
    """Return our error for one of the driver's."""
    told = _first_line(error)
    state = error.sqlstate or next((code for words, code in _SAID.items() if words in told), "")
    if isinstance(error, psycopg.DataError):
        return NotFoundError(f"nothing is held under what was asked for: {told}")
    if lost or state.startswith(_LOST) or (not state and isinstance(error, psycopg.OperationalError)):
        way_out = _UNSURE if writing and lost else _UNREACHABLE.format(lost=_NOTHING_LOST)
        return ArchiveUnreachableError(f"catalog {place}: {told}; {way_out}")
    kept = f"this was not written and {_NOTHING_LOST}" if writing else _NOTHING_LOST
    kind, way_out = _MEANT.get(state) or _MEANT.get(state[:2]) or (ArchiveError, "{lost}")
    return kind(f"catalog {place}: {told}; {way_out.format(lost=kept)}")


def _first_line(error: psycopg.Error) -> str:
    """Return what went wrong without the statement and its values, which may be anybody's."""
    said: str | None = error.diag.message_primary
    return said or (str(error).splitlines() or [type(error).__name__])[0]
