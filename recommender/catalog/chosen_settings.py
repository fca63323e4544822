"""Settings that editors chose over those of the file: every choice, with who, when and why. None is deleted.

Knows no setting. The newest row holds; to take it back is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, insert, select

from recommender.catalog import audit
from recommender.catalog.audit import Entry
from recommender.catalog.catalog import Catalog
from recommender.catalog.comparisons import last_choice, running
from recommender.catalog.setting_rows import from_columns, in_words, to_columns
from recommender.catalog.tables import settings_choice

Row = Mapping[str, Any]
_NEWEST_FIRST = select(settings_choice).order_by(settings_choice.c.num.desc())


class ChosenSettings:
    """The choices of one catalog; the number of each is `num`, from 1 without gaps.

    A method that writes is one transaction.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self, most: int | None = None) -> list[Row]:
        """Return the choices, or so many of the newest, oldest first."""
        return self._rows(_NEWEST_FIRST.limit(most))[::-1]

    def newest(self) -> Row | None:
        """Return the choice that holds, or None."""
        return next(iter(self._rows(_NEWEST_FIRST.limit(1))), None)

    def get(self, num: int) -> Row | None:
        """Return a choice by its number, or None."""
        return next(iter(self._rows(_NEWEST_FIRST.where(settings_choice.c.num == num))), None)

    def read(self) -> tuple[Row | None, Row | None]:
        """Return the choice that holds, and the comparison that runs, as of one moment."""
        with self._catalog.snapshot() as connection:
            held = connection.execute(_NEWEST_FIRST.limit(1)).first()
            return None if held is None else from_columns(held), running(connection)

    def add(self, row: Row, after: int) -> int | None:
        """Keep a choice that was made in sight of choice `after`, and tell the audit log; return its number.

        None if another came, or a comparison runs.
        """
        with self._catalog.transaction() as connection:
            if last_choice(connection) != after or running(connection) is not None:
                return None
            connection.execute(insert(settings_choice).values(to_columns({**row, "num": after + 1})))
            act = "settings.choose" if row.get("puts_back") is None else "settings.put-back"
            said = Entry(row["at"], act, str(after + 1), row["by"], note=in_words(row["values"]))
            audit.write(connection, said)
            return after + 1

    def _rows(self, query: Select[Any]) -> list[Row]:
        with self._catalog.snapshot() as connection:
            return [from_columns(found) for found in connection.execute(query)]
