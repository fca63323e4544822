"""Tokens of the sidebar: short-lived, good for the proposals of drafts alone. Knows no HTTP and no archive.

A token is what it says, base64url, and an HMAC-SHA-256 of that by a secret of the archive and the kept digest
of the key that it was made with: no token is stored, and it ends with its time, or with its key. Only the
service makes one: neither who holds the key nor who reads a backup can.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec
from msgspec import Struct

from recommender.service.keys import Key, Lookup

PREFIX = "rels"  # no key has it, and no key's form fits a token
LONGEST = 2000  # characters


class SidebarToken(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a token says.

    Attributes
    ----------
    key : int
        The number of the key that it was made with.
    by : str
        The editor who writes.
    expires : float
        Epoch seconds from which it is refused.
    """

    key: int
    by: str
    expires: float


def sealed(token: SidebarToken, keys: Lookup, now: float) -> str | None:
    """Return a token's text, or None where its key is not there any more."""
    said = base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")
    seal = keys.seal(token.key, _message(said), now)
    return None if seal is None else f"{PREFIX}.{said}.{seal}"


def opened(text: str, keys: Lookup, now: float) -> tuple[SidebarToken, Key] | None:
    """Return what a token says and its key; None for one that is forged, over, or of a key that is gone."""
    prefix, _, rest = text[: LONGEST + 1].partition(".")
    said, _, seal = rest.partition(".")
    if prefix != PREFIX or len(text) > LONGEST:
        return None
    try:
        token = msgspec.json.decode(
            base64.urlsafe_b64decode(f"{said}{'=' * (-len(said) % 4)}"), type=SidebarToken
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    known, expected = keys.get(token.key, now), keys.seal(token.key, _message(said), now)
    if known is None or expected is None or not hmac.compare_digest(expected.encode(), seal.encode()):
        return None
    return (token, known) if now < token.expires else None


def _message(said: str) -> bytes:
    """Return what is sealed: the seal of a token is good for nothing else."""
    return f"{PREFIX}.{said}".encode()
