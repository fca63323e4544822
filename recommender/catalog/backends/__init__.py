"""What is peculiar to one database; another is another module here."""

from __future__ import annotations

from pathlib import Path

from recommender.catalog.backends.base import Backend
from recommender.catalog.backends.sqlite_file import SqliteFile


def backend_at(address: Path | str) -> Backend:
    """Return the backend for a file."""
    return SqliteFile(Path(address))
