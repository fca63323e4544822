"""Which vectors on a server are used, by the name that they have there, and when somebody said so last."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from sqlalchemy import Connection

from recommender.catalog import values
from recommender.catalog.catalog import Catalog

KEY = "vectors_used"  # setting: two times by name
LAPSED = 86_400.0  # seconds after which what was not used may be deleted
DEAD = 3600.0  # seconds after which a deletion that did not end is taken for dead


class Said(Enum):
    """What became of it that vectors are used."""

    KEPT = "kept"
    LATE = "late"  # kept; they were not used for so long that they may have been deleted
    REFUSED = "refused"  # they are being deleted


class _Used(NamedTuple):
    """When they were used, and when a deletion began; epoch seconds."""

    at: float
    deleting: float = 0.0


class VectorUses:
    """The uses that one catalog has. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self) -> dict[str, float]:
        """Return when each was used last, epoch seconds."""
        with self._catalog.snapshot() as connection:
            return {name: used.at for name, used in _read(connection).items()}

    def say(self, name: str, now: float, *, is_first: bool) -> Said:
        """Keep that vectors are used now; `is_first` where the caller has not said so before."""
        with self._catalog.transaction() as connection:
            held = _read(connection)
            before = held.get(name)
            if before is not None and now - before.deleting < DEAD:
                return Said.REFUSED
            _write(connection, held | {name: _Used(now)})
            if before is None:
                return Said.KEPT if is_first else Said.LATE
            return Said.LATE if before.deleting or now - before.at > LAPSED else Said.KEPT

    def begin_deletion(self, name: str, used: float | None, now: float) -> bool:
        """Let nobody use vectors from now on; return False where they were used since they were looked at."""
        with self._catalog.transaction() as connection:
            held = _read(connection)
            if (held[name].at if name in held else None) != used:
                return False
            _write(connection, held | {name: _Used(used or 0.0, now)})
            return True

    def end_deletion(self, name: str, *, is_done: bool) -> None:
        """Let them be used again; what was not deleted is as good as not used since ever."""
        with self._catalog.transaction() as connection:
            held = _read(connection)
            held.pop(name, None)
            _write(connection, held if is_done else held | {name: _Used(0.0)})


def _read(connection: Connection) -> dict[str, _Used]:
    found = values.get(connection, KEY, {})
    return {name: _Used(*map(float, times)) for name, times in found.items()}


def _write(connection: Connection, held: dict[str, _Used]) -> None:
    values.put(connection, KEY, held)
