"""API keys in their table: names, digests, rights. Knows nothing of how a key is made or compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from recommender.catalog import audit, values
from recommender.catalog.audit import Entry
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import api_key

OLD = "~"  # stands between the name and the number of a key that was rotated; no name may hold it

SEAL = "sidebar_seal"  # the setting that holds the secret of all seals; no backup has it

Maker = Callable[[int], tuple[str, str]]


class KeyRow(NamedTuple):
    """One key. `rights` is separated by commas; `created` and `expires` are in epoch seconds."""

    num: int
    name: str
    digest: str
    rights: str
    created: int
    expires: int | None


class Keys:
    """The keys of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, name: str, rights: str, at: int, make: Maker, said: Entry) -> str | None:
        """Keep a new key; return its text, or None when the name is taken. `make` gives text and digest."""
        with self._catalog.transaction() as connection:
            if connection.execute(select(api_key.c.num).where(api_key.c.name == name)).first():
                return None
            audit.write(connection, said)
            return _add(connection, name, rights, at, make)

    def rotate(self, name: str, at: int, grace: int, make: Maker, said: Entry) -> str | None:
        """Put a new key in place of the old, which expires `grace` seconds later; None when there is none."""
        with self._catalog.transaction() as connection:
            old = connection.execute(select(api_key).where(api_key.c.name == name)).one_or_none()
            if old is None:
                return None
            aside = {"name": f"{name}{OLD}{old.num}", "expires": at + grace}
            connection.execute(update(api_key).where(api_key.c.num == old.num).values(aside))
            connection.execute(delete(api_key).where(api_key.c.expires <= at))
            audit.write(connection, said)
            return _add(connection, name, old.rights, at, make)

    def remove(self, name: str, said: Entry) -> bool:
        """Delete a key and those that it was rotated from; return whether there was one."""
        like = api_key.c.name.startswith(f"{name}{OLD}", autoescape=True)
        with self._catalog.transaction() as connection:
            gone = connection.execute(delete(api_key).where((api_key.c.name == name) | like)).rowcount
            if gone:
                audit.write(connection, said)
            return bool(gone)

    def put_seal(self, secret: str, said: Entry) -> None:
        """Keep another secret of all seals."""
        with self._catalog.transaction() as connection:
            values.put(connection, SEAL, secret)
            audit.write(connection, said)

    def all(self) -> list[KeyRow]:
        """Return all keys, by number."""
        with self._catalog.snapshot() as connection:
            return [KeyRow(*row) for row in connection.execute(select(api_key).order_by(api_key.c.num))]


def _add(connection: Connection, name: str, rights: str, at: int, make: Maker) -> str:
    row = {"name": name, "digest": "", "rights": rights, "created": at}
    num = connection.execute(insert(api_key).values(row).returning(api_key.c.num)).scalar_one()
    text, digest = make(num)
    connection.execute(update(api_key).where(api_key.c.num == num).values(digest=digest))
    return text
