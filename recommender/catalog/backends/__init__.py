"""What is peculiar to one database; another is another module here."""

from __future__ import annotations

import importlib
from pathlib import Path

from recommender.catalog.backends.base import Backend
from recommender.catalog.backends.postgres_address import PostgresAddress, is_address
from recommender.catalog.backends.sqlite_file import SqliteFile
from recommender.errors import SettingsError

_NO_DRIVER = "a catalog on PostgreSQL needs its driver: pip install 'related-stories[postgres]'"


def backend_at(address: Path | str) -> Backend:
    """Return the backend for a file, or for the address of a PostgreSQL database.

    Raises
    ------
    SettingsError
        When it is no address, or the driver is not installed.
    """
    if not isinstance(address, str) or not is_address(address):
        return SqliteFile(Path(address))
    try:
        postgres = importlib.import_module(
            "recommender.catalog.backends.postgres"
        )  # an extra, and its dialect
    except ModuleNotFoundError as error:
        raise SettingsError(_NO_DRIVER) from error
    found: Backend = postgres.PostgresDatabase(PostgresAddress.of(address))
    return found
