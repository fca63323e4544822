"""Which files an archive has, and whether those that hold secrets are open to others. Knows no formats."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from index.storage.file_checks import exposed
from recommender.setting_sources import FILE_NAME

log = logging.getLogger(__name__)

CATALOG_FILE = "catalog.sqlite"
DERIVED = "derived"


def secrets(path: Path) -> list[Path]:
    """Return the files of an archive that hold keys, or stories that are not public yet."""
    catalog = path / CATALOG_FILE
    return [catalog, *(catalog.with_name(catalog.name + end) for end in ("-wal", "-shm")), path / FILE_NAME]


@lru_cache  # a process says it once
def tell_exposed(path: Path) -> None:
    """Log which files of an archive that hold secrets others may read."""
    for problem in exposed(secrets(path)):
        log.warning("%s", problem)
