"""Where an archive is: its directory, and its catalog there or on a server. Knows not what is in either."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog import Catalog
from recommender.catalog.backends.postgres_address import PostgresAddress, is_address
from recommender.catalog.database import BUSY_SECONDS
from recommender.catalog.settings import load_catalog_settings
from recommender.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """Both parts of an archive.

    Attributes
    ----------
    directory : Path
        Of what is derived, of settings and of weights: all that a copy of the service has for itself.
    server : PostgresAddress, optional
        Where the catalog is, unless it is a file in the directory.
    """

    directory: Path
    server: PostgresAddress | None = None

    @classmethod
    def of(cls, named: Path | str) -> Self:
        """Return where an archive is that is named by its directory, or by the address of its catalog.

        Raises
        ------
        SettingsError
            When the address, or a setting, is none.
        """
        if isinstance(named, str) and is_address(named):
            address = PostgresAddress.of(named)
            directory = local_directory(address)
            password = load_catalog_settings(directory).password
            return cls(directory, address.with_password(password))
        return cls(Path(named), load_catalog_settings(Path(named)).address)

    @property
    def catalog(self) -> Path | str:
        """What `Catalog.open` is given."""
        return self.server.text if self.server else self.directory / CATALOG_FILE

    def make(self) -> None:
        """Make the directory; raise `OSError` where that cannot be."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def need(self) -> None:
        """Raise `NotFoundError` where the directory holds no archive; a server is asked when it is opened."""
        if self.server is None and not (self.directory / CATALOG_FILE).is_file():
            raise NotFoundError(
                f"no archive in {self.directory}; make one with: related init --archive {self.directory}"
            )

    def open_catalog(self, *, busy_seconds: float = BUSY_SECONDS) -> Catalog:
        """Open the catalog; a directory that a copy of the service has not got yet is made."""
        self.need()
        catalog = Catalog.open(self.catalog, busy_seconds=busy_seconds)
        if self.server:
            self.make()
        return catalog


def local_directory(address: PostgresAddress) -> Path:
    """Return where this machine keeps what it derives from an archive that is named by its address alone."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "related-stories" / "archives" / address.digest
