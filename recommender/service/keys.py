"""API keys: how they are made, read and compared. Knows no HTTP and no SQL.

A key is 256 random bits, so nobody can guess it from its hash however fast the hash is; a slow password hash
would protect weak secrets, which there are none of, and cost each request 100 ms. SHA-256 is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from recommender.catalog import Catalog
from recommender.catalog.api_keys import SEAL, KeyRow, Keys
from recommender.catalog.audit import Actor, Entry
from recommender.errors import KeyNameError, NotFoundError, shown
from recommender.story.timestamps import format_time

PREFIX = "rel"  # so that a scanner for leaked secrets can know one
SECRET_BYTES = 32
MOST_GRACE = 10 * 366 * 86_400  # seconds
_FORM = re.compile(rf"{PREFIX}_([0-9]{{1,18}})_[A-Za-z0-9_-]{{43}}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Right(StrEnum):
    """What a key may do: ask for blocks; publish and withdraw; pin and exclude; reembed, choose settings."""

    READ = "read"
    PUBLISH = "publish"
    EDIT = "edit"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as the archive keeps it.

    Attributes
    ----------
    num : int
        The part of the key that is no secret, by which it is found.
    name : str
        Who uses it.
    rights : frozenset of Right
        What it may do.
    created : int
        Epoch seconds.
    expires : int or None
        Epoch seconds from which it is refused; set on a key that was rotated and may be used a while longer.
    """

    num: int
    name: str
    rights: frozenset[Right]
    created: int
    expires: int | None = None


def may_see_drafts(rights: frozenset[Right]) -> bool:
    """Return whether these are enough for what is not public yet."""
    return Right.READ in rights and not rights.isdisjoint({Right.PUBLISH, Right.EDIT})


def parse_rights(text: str) -> frozenset[Right]:
    """Read rights as the command line has them: ``read,publish``.

    Raises
    ------
    KeyNameError
        For a word that is no right.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in set(Right):
            raise KeyNameError(f"right {shown(word)} is not known; give one or more of {', '.join(Right)}")
    return frozenset(Right(word) for word in words)


class Keyring:
    """The keys of an archive: made, rotated and removed by operators, looked up by the service.

    Parameters
    ----------
    catalog : Catalog
        Where they are kept, hashed.
    clock : callable
        Returns now, epoch seconds.
    actor : Actor
        Who acts, for the audit log.
    """

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], float] = time.time,
        actor: Actor = Actor(),  # noqa: B008
    ) -> None:
        self._catalog, self._rows, self._clock, self._actor = catalog, Keys(catalog), clock, actor

    def add(self, name: str, rights: Iterable[Right]) -> str:
        """Make a key and return its text, which is never to be had again.

        Raises
        ------
        KeyNameError
            When the name is taken or none that a log can hold, or there is no right.
        """
        if not _NAME.fullmatch(name):
            raise KeyNameError(
                f"key name {shown(name)}: give 1 to 64 letters, digits, dots, hyphens, underscores"
            )
        held = ",".join(right for right in Right if right in set(rights))
        if not held:
            raise KeyNameError(f"key {name} has no right; give one or more of {', '.join(Right)}")
        text = self._rows.add(name, held, int(self._clock()), _make, self._said("add", name, held))
        if text is None:
            raise KeyNameError(f"there is a key {name} already; rotate it, remove it, or choose another name")
        return text

    def rotate(self, name: str, grace: int = 0) -> str:
        """Return a new key of the same name and rights; the old one works for `grace` seconds more.

        Raises
        ------
        KeyNameError
            When `grace` is no number of seconds up to ten years.
        NotFoundError
            When there is no key of that name.
        """
        if not 0 <= grace <= MOST_GRACE:
            raise KeyNameError(f"grace is {shown(grace)}; give seconds from 0 to {MOST_GRACE}, ten years")
        now = int(self._clock())
        note = f"the old one ends {format_time(datetime.fromtimestamp(now + grace, UTC))}" if grace else ""
        text = self._rows.rotate(name, now, grace, _make, self._said("rotate", name, note))
        if text is None:
            raise _unknown(name)
        return text

    def remove(self, name: str) -> None:
        """Refuse a key from now on, and any older one that it was rotated from.

        Raises
        ------
        NotFoundError
            When there is no key of that name.
        """
        if not self._rows.remove(name, self._said("remove", name)):
            raise _unknown(name)

    def list(self) -> list[Key]:
        """Return all keys, without their secrets."""
        return [_key(row) for row in self._rows.all()]

    def _said(self, act: str, name: str, note: str = "") -> Entry:
        return Entry(int(self._clock()), f"key.{act}", name, *self._actor, note)

    def make_secret(self) -> None:
        """Make the secret of all seals, where there is none yet."""
        self._catalog.change_setting(SEAL, lambda held: held or secrets.token_hex(SECRET_BYTES))

    def end_tokens(self) -> None:
        """Make the secret of all seals anew: what was sealed before is refused, in every running service."""
        self._rows.put_seal(secrets.token_hex(SECRET_BYTES), self._said("end-tokens", ""))

    def lookup(self) -> Lookup:
        """Return what finds keys as they are now."""
        return Lookup(self._rows.all(), self._catalog.setting(SEAL, ""))


class Lookup:
    """All keys of an archive as of one moment, in memory: a key is found without a query."""

    def __init__(self, rows: Iterable[KeyRow], secret: str = "") -> None:
        self._secret = secret
        self._held = {row.num: (_key(row), row.digest) for row in rows}

    def __len__(self) -> int:
        return len(self._held)

    def find(self, text: str, now: float) -> Key | None:
        """Return the key whose text this is, or None. How long it takes tells nothing about the secret."""
        form = _FORM.fullmatch(text)
        key, held = self._held.get(int(form[1]), (None, "")) if form else (None, "")
        if key is None or not hmac.compare_digest(digest(text), held):
            return None
        return self.get(key.num, now)

    def get(self, num: int, now: float) -> Key | None:
        """Return the key of a number, or None where it is refused by now."""
        key, _ = self._held.get(num, (None, ""))
        return key if key is not None and (key.expires is None or now < key.expires) else None

    @property
    def can_seal(self) -> bool:
        """Whether there is a secret to seal with."""
        return bool(self._secret)

    def seal(self, num: int, message: bytes, now: float) -> str | None:
        """Return the HMAC-SHA-256 of a message, in hex; None where the key is refused.

        It is by the archive's secret and what is kept of the key: who holds the key cannot make it.
        """
        if self.get(num, now) is None or not self._secret:
            return None
        return hmac.new(f"{self._secret}{self._held[num][1]}".encode(), message, hashlib.sha256).hexdigest()


def digest(text: str) -> str:
    """Return what is kept of a key: its SHA-256, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _make(num: int) -> tuple[str, str]:
    """Return the text of a fresh key under a number, and its digest."""
    text = f"{PREFIX}_{num}_{secrets.token_urlsafe(SECRET_BYTES)}"
    return text, digest(text)


def _key(row: KeyRow) -> Key:
    rights = frozenset(Right(word) for word in row.rights.split(","))
    return Key(num=row.num, name=row.name, rights=rights, created=row.created, expires=row.expires)


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"no key {shown(name)}; see: related keys list")
