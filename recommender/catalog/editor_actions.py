"""What editors did to blocks: a list of acts that is only added to. Knows nothing of what they mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from recommender.catalog import writing
from recommender.catalog.backends.statements import Question, among
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import Op
from recommender.catalog.tables import action, action_target

_OF_SOURCES = Question(select(action).where(among(action.c.source)).order_by(action.c.num))
_NAMING = Question(
    select(action.c.source)
    .join(action_target)
    .where(action.c.undone_at.is_(None), among(action_target.c.target))
)


class EditorActionRow(NamedTuple):
    """One act. `targets` are ids; `at` and `undone_at` are in epoch seconds."""

    num: int
    source: str
    act: str
    targets: tuple[str, ...]
    position: int | None
    by: str
    at: int
    undone_by: str | None
    undone_at: int | None


class EditorActions:
    """The acts of editors, kept in a catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(
        self, source: str, act: str, targets: Sequence[str], position: int | None, by: str, at: int
    ) -> int:
        """Keep an act and return its number; readers of the block's story hear of it in the change log."""
        row: dict[str, object] = {
            "source": source,
            "act": act,
            "targets": msgspec.json.encode(list(targets)).decode(),
        }
        with self._catalog.transaction() as connection:
            row |= {"position": position, "by": by, "at": at}
            num = _put(connection, row, targets)
            _tell(connection, source, at)
            return num

    def undo(self, num: int, by: str, at: int) -> EditorActionRow | None:
        """Mark an act as undone and return it; None when there is none that stands under this number."""
        with self._catalog.transaction() as connection:
            stands = (action.c.num == num) & action.c.undone_at.is_(None)
            done = connection.execute(update(action).where(stands).values(undone_by=by, undone_at=at))
            if not done.rowcount:
                return None
            row = _read(connection.execute(select(action).where(action.c.num == num)).one()._mapping)
            _tell(connection, row.source, at)
            return row

    def move(self, source: str, to: str, by: str, at: int, but: Collection[int] = ()) -> None:
        """Copy the acts that stand on one block to another, once; `by` goes beside who did them.

        Those with the numbers `but` are left out.
        """
        with self._catalog.transaction() as connection:
            query = select(action).order_by(action.c.num)
            held = Counter(map(_said, connection.execute(query.where(action.c.source == to)).all()))
            stands = (action.c.source == source) & action.c.undone_at.is_(None)
            moved = 0
            for row in connection.execute(query.where(stands)).all():
                if row.num in but:
                    continue
                values = {"act": row.act, "targets": row.targets, "position": row.position}
                values["by"] = f"{row.by}, {by}"
                said = tuple(values.values())
                if held[said]:
                    held[said] -= 1
                else:
                    _put(connection, values | {"source": to, "at": at}, msgspec.json.decode(row.targets))
                    moved += 1
            if moved:
                _tell(connection, to, at)

    def of(self, source: str) -> list[EditorActionRow]:
        """Return all acts on the block of a story, oldest first, the undone ones among them."""
        return self.of_many([source]).get(source, [])

    def of_many(self, sources: Iterable[str]) -> dict[str, list[EditorActionRow]]:
        """Return all acts on the blocks of those stories that have some."""
        found: dict[str, list[EditorActionRow]] = {}
        for row in self._catalog.ask(_OF_SOURCES, sources):
            act = _read(dict(zip(action.c.keys(), row, strict=True)))
            found.setdefault(act.source, []).append(act)
        return found

    def all(self) -> dict[str, list[EditorActionRow]]:
        """Return all acts, oldest first, by the story whose block they are about."""
        found: dict[str, list[EditorActionRow]] = {}
        with self._catalog.snapshot() as connection:
            for row in connection.execute(select(action).order_by(action.c.num)):
                found.setdefault(row.source, []).append(_read(row._mapping))
        return found

    def naming(self, ids: Iterable[str]) -> list[str]:
        """Return the ids of those stories whose blocks editors gave one of the stories `ids` a place in."""
        return sorted({source for (source,) in self._catalog.ask(_NAMING, ids)})


def _said(row: Row[tuple[object, ...]]) -> tuple[object, ...]:
    values = row._mapping
    return values["act"], values["targets"], values["position"], values["by"]


def _put(connection: Connection, row: Mapping[str, object], targets: Iterable[str]) -> int:
    """Insert an act, and where the stories are that it names."""
    num: int = connection.execute(insert(action).values(row).returning(action.c.num)).scalar_one()
    if named := [{"target": target, "hand": num} for target in dict.fromkeys(targets)]:
        connection.execute(insert(action_target), named)
    return num


def _tell(connection: Connection, source: str, at: int) -> None:
    nums = writing.nums_of(connection, [source])
    writing.log(connection, Op.LINK, list(nums.values()), at)


def _read(row: Mapping[Any, Any]) -> EditorActionRow:
    return EditorActionRow(**{**row, "targets": tuple(msgspec.json.decode(row["targets"]))})
