"""Where a catalog on a PostgreSQL server is: its address, taken apart. Knows no driver, shows no password."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from recommender.errors import SettingsError

SCHEMA = "related"  # where an address names none
_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_WAY_OUT = (
    "write postgresql://USER@HOST:PORT/DATABASE, with ?schema=NAME where a database holds several archives"
)


def is_address(text: str) -> bool:
    """Return whether a text names a PostgreSQL database, and no file."""
    return text.lower().startswith(_SCHEMES)


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """A database and a schema in it: one archive.

    Attributes
    ----------
    url : URL
        Of the database.
    schema : str
        That holds the archive's tables.
    """

    url: URL
    schema: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read an address; raise `SettingsError`, without its password, where it is none."""
        try:
            url = make_url(text)
        except (ArgumentError, ValueError) as error:
            raise SettingsError(f"the address of the catalog is none; {_WAY_OUT}") from error
        if "@" in (url.host or ""):  # the end of a password that has one
            raise SettingsError(f"the address of the catalog has two @; write %40 in a password; {_WAY_OUT}")
        named = url.query.get("schema", SCHEMA)
        schema = named if isinstance(named, str) else named[-1]
        url = url.difference_update_query(["schema"])
        if not url.database:
            raise SettingsError(f"the address {shown(url)} names no database; {_WAY_OUT}")
        if not _SCHEMA_NAME.fullmatch(schema) or schema.startswith("pg_"):
            raise SettingsError(
                f"the schema {schema!r} in the address of the catalog: use a to z, 0 to 9 and _, 63 at most"
            )
        return cls(url, schema)

    def with_password(self, password: str) -> PostgresAddress:
        """Return the address with a password, unless it has one."""
        if self.url.password or not password:
            return self
        return PostgresAddress(self.url.set(password=password), self.schema)

    @property
    def text(self) -> str:
        """The whole address, with the password."""
        url = self.url.update_query_dict({"schema": self.schema})
        return url.render_as_string(hide_password=False)

    @property
    def place(self) -> str:
        """The address for messages: the password is not in it."""
        return shown(self.url) + f"?schema={self.schema}"

    @property
    def digest(self) -> str:
        """What tells the archive from others on any server, whoever asks."""
        url = self.url
        where = f"{url.host or ''}:{url.port or 5432}/{url.database}/{self.schema}"
        return hashlib.sha256(where.encode()).hexdigest()[:16]

    @property
    def connecting(self) -> dict[str, str]:
        """What libpq is told: https://www.postgresql.org/docs/16/libpq-connect.html#LIBPQ-PARAMKEYWORDS."""
        url = self.url
        told = {"host": url.host, "user": url.username, "password": url.password, "dbname": url.database}
        told["port"] = str(url.port) if url.port else None
        told |= {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
        return {name: value for name, value in told.items() if value}

    def key(self, purpose: str) -> int:
        """Return the number of an advisory lock: these are per database, so it is of the schema."""
        digest = hashlib.blake2b(f"{self.schema}/{purpose}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)


def shown(url: URL) -> str:
    """Return an address without its password and without what else is asked of the connection."""
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()
