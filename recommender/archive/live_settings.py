"""The settings of an open archive as of now: those it was opened with, and over them what editors chose.

Follows what any process commits. Knows no block.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from recommender.catalog.catalog import Catalog
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.errors import SettingsError
from recommender.setting_sources import IN_FILE, PREFIX
from recommender.settings import Settings

CHOOSABLE = ("slots", "least_score", "recency", "diversity", "event_likeness", "event_days")
"""Names of the settings that editors may choose: those that say which blocks they like, and how long."""

log = logging.getLogger(__name__)


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
    current : Settings
        As of the last look: the same object while nothing was chosen.
    compared : (int, Settings) or None
        The comparison by readers' clicks that runs as of the last look: its number, and what is tried.
    """

    def __init__(self, catalog: Catalog, opened_with: Settings, env: Mapping[str, str] | None = None) -> None:
        self._chosen, self._catalog, self.opened_with = ChosenSettings(catalog), catalog, opened_with
        env = os.environ if env is None else env
        variables = {name: PREFIX + name.upper() for name in CHOOSABLE}
        both = ((name, each) for name, one in variables.items() for each in (one, one + IN_FILE))
        self.by_environment = {name: variable for name, variable in both if variable in env}
        self._version, self.choice, self.current = -1, 0, opened_with
        self.compared: tuple[int, Settings] | None = None
        self.look()

    def look(self) -> None:
        """Take up what was chosen since the last look. Microseconds while nothing was committed."""
        version = self._catalog.version()
        if version == self._version:
            return
        rows, comparison = self._chosen.read()
        if len(rows) != self.choice:
            try:
                self.current = self.under(rows[-1]["values"] if rows else {})
            except SettingsError as error:  # a newer version may allow what this one does not
                log.warning("chosen settings: %s; the blocks stay as they are", error)
            self.choice = len(rows)
        self.compared = None if comparison is None else self._compared(comparison)
        self._version = version

    def _compared(self, row: Mapping[str, Any]) -> tuple[int, Settings] | None:
        try:
            return int(row["num"]), self.under(row["values"])
        except SettingsError as error:
            log.warning("compared settings: %s; nothing is compared", error)
            return None

    def under(self, values: Mapping[str, float]) -> Settings:
        """Return the settings as they would be if these were chosen and no others.

        Raises
        ------
        SettingsError
            When a value is impossible.
        """
        free = {name: value for name, value in values.items() if name not in self.by_environment}
        return replace(self.opened_with, **free) if free else self.opened_with  # type: ignore[arg-type]
