"""The settings of an open archive as of now: those it was opened with, and over them what editors chose.

Follows what any process commits. Knows no block.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from recommender.catalog.catalog import Catalog
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.catalog.marks import Marks
from recommender.errors import SettingsError, shown
from recommender.setting_sources import IN_FILE, PREFIX
from recommender.settings import Settings

CHOOSABLE = ("slots", "least_score", "recency", "diversity", "event_likeness", "event_days")
"""Names of the settings that editors may choose: those that say which blocks they like, and how long."""
WHOLE = frozenset({"slots", "event_days"})
"""Those of the settings that are whole numbers."""

log = logging.getLogger(__name__)


class _Look(NamedTuple):
    """What a look found: all of one moment."""

    choice: int
    current: Settings
    comparison: int = 0
    compared: tuple[int, Settings] | None = None


class LiveSettings:
    """Settings that follow the catalog. Threads share one.

    Parameters
    ----------
    catalog : Catalog
        Holds what editors chose.
    opened_with : Settings
        Those of the file and the environment, or of who opened the archive.
    env : mapping, optional
        Stands for `os.environ`.

    Attributes
    ----------
    by_environment : dict of str to str
        The variables that set what editors may choose, by setting: these win, whatever is chosen.
    """

    def __init__(self, catalog: Catalog, opened_with: Settings, env: Mapping[str, str] | None = None) -> None:
        self._chosen, self._catalog, self.opened_with = ChosenSettings(catalog), catalog, opened_with
        env = os.environ if env is None else env
        variables = {name: PREFIX + name.upper() for name in CHOOSABLE}
        both = ((name, each) for name, one in variables.items() for each in (one, one + IN_FILE))
        self.by_environment = {name: variable for name, variable in both if variable in env}
        self._lock, self._found = threading.Lock(), _Look(0, opened_with)
        self._marks: tuple[int, int] | None = None
        self.look()

    @property
    def current(self) -> Settings:
        """The settings as of the last look: the same object while nothing was chosen."""
        return self._found.current

    @property
    def compared(self) -> tuple[int, Settings] | None:
        """The comparison by readers' clicks that runs as of the last look: its number, and what is tried."""
        return self._found.compared

    @property
    def runs(self) -> bool:
        """Whether a comparison runs as of the last look, also one of what this version does not know."""
        return self._found.comparison > 0

    def look(self, marks: Marks | None = None) -> None:
        """Take up what was chosen up to some marks of the catalog: those of now, by default.

        Nothing is read while nothing was chosen.
        """
        marks = marks or self._catalog.marks()
        if (marks.choice, marks.comparison) == self._marks:
            return
        with self._lock:  # one reads and tells at a time: nobody puts what was read before over what holds
            marks = self._catalog.marks()
            if (marks.choice, marks.comparison) != self._marks:
                self._found = self._look(self._found)
                self._marks = marks.choice, marks.comparison

    def _look(self, found: _Look) -> _Look:
        chosen, comparison = self._chosen.read()
        choice, current, compared = 0 if chosen is None else chosen["num"], found.current, found.compared
        if chosen is not None and choice != found.choice:
            current = self._of("chosen", chosen["values"]) or current
        num = 0 if comparison is None else int(comparison["num"])
        if comparison is None:
            compared = None
        elif num != found.comparison:
            tried = self._of("compared", comparison["values"])
            compared = None if tried is None else (num, tried)
        return _Look(choice, current, num, compared)

    def _of(self, what: str, values: Mapping[str, Any]) -> Settings | None:
        """Return settings that are kept; None, and say so, for what this version does not allow."""
        if unknown := sorted(values.keys() - set(CHOOSABLE)):
            log.warning("%s settings: %s known to another version only; left out", what, ", ".join(unknown))
        try:
            return self.under(values)
        except SettingsError as error:
            log.warning("%s settings: %s; the blocks stay as they are", what, error)
            return None

    def under(self, values: Mapping[str, object]) -> Settings:
        """Return the settings as they would be if these were chosen and no others.

        What another version of this package lets be chosen is left out.

        Raises
        ------
        SettingsError
            When a value is impossible.
        """
        free = {
            name: to_number(name, value)
            for name, value in values.items()
            if name in CHOOSABLE and name not in self.by_environment
        }
        return replace(self.opened_with, **free) if free else self.opened_with  # type: ignore[arg-type]


def to_number(name: str, value: object) -> float:
    """Return a value as the number that a setting takes.

    Raises
    ------
    SettingsError
        When it is none.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
        if name in WHOLE and number != int(number):
            raise ValueError
    except (ValueError, OverflowError) as error:
        what = "a whole number" if name in WHOLE else "a number"
        raise SettingsError(f"setting {name} is {shown(value)}; give {what}") from error
    return int(number) if name in WHOLE else number
