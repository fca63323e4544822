"""What an operator may choose about threads: table `[threads]` of `related.toml`, environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import SettingsError
from recommender.setting_sources import load_table

TABLE = "threads"
PREFIX = "RELATED_THREADS_"
MOST_DAYS = 3650


@dataclass(frozen=True, kw_only=True)
class ThreadSettings:
    """Which running stories are told. Every field has a default that works.

    Parameters
    ----------
    days : int
        How far back stories are looked at, from now on, or from the newest story where nothing is that new.
    least : int
        Reports from which on an event is a running story.
    over_days : float
        Days without a report after which it is over.
    """

    days: int = 30
    least: int = 3
    over_days: float = 4.0

    def __post_init__(self) -> None:
        if not 1 <= self.days <= MOST_DAYS:
            raise SettingsError(f"setting threads.days is {self.days}; give a number from 1 to {MOST_DAYS}")
        if self.least < 2:
            raise SettingsError(f"setting threads.least is {self.least}; give a whole number from 2 up")
        if not self.over_days > 0:
            raise SettingsError(f"setting threads.over_days is {self.over_days}; give a number above 0")


def load_thread_settings(archive: Path, env: Mapping[str, str] | None = None) -> ThreadSettings:
    """Read the settings of an archive; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name, a wrong type or an impossible value.
    """
    return load_table(ThreadSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
