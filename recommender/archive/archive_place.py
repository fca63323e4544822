"""Where an archive is: its directory, its catalog there or on a server, and its vectors' engine.

Knows not what is in any of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from recommender.archive.index_settings import IndexSettings, load_index_settings
from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog import Catalog
from recommender.catalog.backends.postgres_address import PostgresAddress, is_address
from recommender.catalog.database import BUSY_SECONDS
from recommender.catalog.settings import load_catalog_settings
from recommender.errors import NotFoundError

HELPER_VARIABLE = "ARCHIVE_PLACE"  # of a helper process: where its archive is, maybe with a password
_SERVERS: dict[Path, PostgresAddress] = {}  # what this process was given as an address, by its directory


@dataclass(frozen=True, slots=True)
class ArchivePlace:
    """All parts of an archive.

    Attributes
    ----------
    directory : Path
        Of what is derived, of settings and of weights: all that a copy of the service has for itself.
    server : PostgresAddress, optional
        Where the catalog is, unless it is a file in the directory.
    is_alone : bool
        Whether the directory has all of it, whatever settings and environment say of servers.
    """

    directory: Path
    server: PostgresAddress | None = None
    is_alone: bool = False

    @classmethod
    def alone(cls, directory: Path) -> Self:
        """Return the place of an archive for work of this process, which is no business of the newsroom's."""
        return cls(directory, is_alone=True)

    @classmethod
    def of(cls, named: Path | str) -> Self:
        """Return where an archive is that is named by its directory, or by the address of its catalog.

        The directory of one that was named by its address leads there, too, for the rest of the process.

        Raises
        ------
        SettingsError
            When the address, or a setting, is none.
        """
        if isinstance(named, str) and is_address(named):
            address = PostgresAddress.of(named)
            directory = local_directory(address)
            password = load_catalog_settings(directory).password
            _SERVERS[directory] = address.with_password(password)
        else:
            directory = Path(named)
        return cls(directory, _SERVERS.get(directory) or load_catalog_settings(directory).address)

    @classmethod
    def of_helper(cls) -> Self:
        """Return what `for_helper` told this process."""
        directory, address, is_alone = msgspec.json.decode(
            os.environ[HELPER_VARIABLE], type=tuple[str, str, bool]
        )
        return cls(Path(directory), PostgresAddress.of(address) if address else None, is_alone)

    def for_helper(self) -> dict[str, str]:
        """Return the variable by which a helper process learns of the place: others can see its arguments."""
        told = (str(self.directory), self.server.text if self.server else "", self.is_alone)
        return {HELPER_VARIABLE: msgspec.json.encode(told).decode()}

    @property
    def index(self) -> IndexSettings:
        """Which engine has the vectors; raises `SettingsError`."""
        return IndexSettings() if self.is_alone else load_index_settings(self.directory)

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
