"""Signatures of what is posted to webhooks, as the Standard Webhooks specification has them (version 1).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping

from recommender.errors import SettingsError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECRET_PREFIX = "whsec_"
SECRET_BYTES = (24, 64)  # the specification's bounds
TOLERANCE = 300  # seconds that the clocks may differ; an older post may be one that somebody recorded


def new_secret() -> str:
    """Return a fresh secret for the setting `webhook_secret`."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return the key that a secret stands for.

    Raises
    ------
    SettingsError
        When it is none; the secret itself is not repeated.
    """
    way_out = f"make one with: related webhooks secret ({SECRET_PREFIX} and the base64 of random bytes)"
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingsError(f"setting service.webhook_secret is not base64; {way_out}") from error
    if not SECRET_BYTES[0] <= len(key) <= SECRET_BYTES[1]:
        raise SettingsError(f"setting service.webhook_secret holds {len(key)} bytes; {way_out}")
    return key


def headers(secret: str, id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the three headers that say who posts `body`, and when (epoch seconds)."""
    return {ID: id, TIMESTAMP: str(at), SIGNATURE: f"v1,{_digest(secret, id, str(at), body)}"}


def is_genuine(secret: str, received: Mapping[str, str], body: bytes, now: float) -> bool:
    """Return whether `body` was posted by the holder of `secret`, within the tolerance of `now`.

    Parameters
    ----------
    secret : str
        The shared one.
    received : mapping
        The request's headers, names in lower case.
    body : bytes
        As it came; parsing and writing it again may change it.
    now : float
        Epoch seconds.
    """
    id, at, given = (received.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not at.isascii() or not at.isdigit() or abs(now - int(at)) > TOLERANCE:
        return False
    expected = f"v1,{_digest(secret, id, at, body)}".encode()
    # While a secret is being changed the header may hold one signature for each.
    return any(hmac.compare_digest(expected, one.encode()) for one in given.split())


def _digest(secret: str, id: str, at: str, body: bytes) -> str:
    signed = b".".join([id.encode(), at.encode(), body])
    return base64.b64encode(hmac.digest(secret_bytes(secret), signed, "sha256")).decode()
