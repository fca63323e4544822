"""The secret that posts to webhooks are signed with. Knows no HTTP: it is checked without the extra, too.

Its form is that of Standard Webhooks, version 1:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import secrets

from recommender.errors import SettingsError

SECRET_PREFIX = "whsec_"
SECRET_BYTES = (24, 64)  # the specification's bounds


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
