"""Where an archive's catalog is: table `[catalog]` of `related.toml`, environment. Knows no tables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recommender.catalog.backends.postgres_address import PostgresAddress, is_address
from recommender.errors import SettingsError
from recommender.setting_sources import load_table

TABLE = "catalog"
PREFIX = "RELATED_CATALOG_"


@dataclass(frozen=True, kw_only=True)
class CatalogSettings:
    """Where the stories are kept.

    Parameters
    ----------
    url : str
        Address of a PostgreSQL database: ``postgresql://USER@HOST:PORT/DATABASE``, with ``?schema=NAME``
        where it holds several archives; empty: a file in the archive.
    password : str
        Of the user, where the address holds none. Set it in the environment, or name a file by
        ``RELATED_CATALOG_PASSWORD_FILE``.
    """

    url: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.url and not is_address(self.url):
            raise SettingsError("setting catalog.url is no address; write postgresql://USER@HOST/DATABASE")
        self.address  # noqa: B018 (read for its error)

    @property
    def address(self) -> PostgresAddress | None:
        """The address with its password, None for a file in the archive."""
        return PostgresAddress.of(self.url).with_password(self.password) if self.url else None


def load_catalog_settings(archive: Path | None, env: Mapping[str, str] | None = None) -> CatalogSettings:
    """Read where the catalog of an archive is; the environment counts before the file.

    Raises
    ------
    SettingsError
        For an unknown name or an impossible value.
    """
    return load_table(CatalogSettings, archive, os.environ if env is None else env, PREFIX, TABLE)
