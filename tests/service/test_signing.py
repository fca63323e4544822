"""Signatures of webhooks are those of the standard: by its formula, and by its library."""

from __future__ import annotations

import base64
import hmac
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from recommender.errors import SettingsError
from recommender.service.signing import SECRET_PREFIX, new_secret, secret_bytes
from recommender.service.webhook_sender import signature

BODY = '{"type":"blocks.changed","headline":"ß"}'.encode()


@given(st.binary(min_size=24, max_size=64), st.text(max_size=50), st.integers(0, 2**32))
def test_a_signature_is_what_the_specification_says(key: bytes, text: str, at: int) -> None:
    secret, body = SECRET_PREFIX + base64.b64encode(key).decode(), text.encode("utf-8", "replace")
    digest = hmac.digest(key, b"msg." + str(at).encode() + b"." + body, "sha256")
    assert secret_bytes(secret) == key
    assert signature(secret, "msg", at, body) == {
        "webhook-id": "msg",
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def test_a_receiver_accepts_what_is_sent() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, signature(secret, "msg", int(time.time()), BODY))


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "other"},
        {"webhook-timestamp": str(int(time.time()) - 3600)},
        {"webhook-signature": "v1,AAAA"},
    ],
)
def test_a_receiver_refuses_what_was_changed(changed: dict[str, str]) -> None:
    secret = new_secret()
    sent = signature(secret, "msg", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**sent, **changed})
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, sent)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_QUJD"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(SettingsError, match="related webhooks secret") as refused:
        secret_bytes(secret)
    assert secret in ("", "whsec_") or secret not in str(refused.value)
