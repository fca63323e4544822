"""Signatures of webhooks: others' verifier accepts ours, ours refuses what was changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from recommender.errors import SettingsError
from recommender.service.signing import (
    SECRET_PREFIX,
    TOLERANCE,
    headers,
    is_genuine,
    new_secret,
    secret_bytes,
)

BODY = '{"type":"blocks.changed","headline":"ß"}'.encode()


def test_the_reference_verifier_of_the_standard_accepts_ours() -> None:
    import time

    secret, now = new_secret(), int(time.time())
    assert Webhook(secret).verify(BODY, headers(secret, "msg", now, BODY)) is not None


def test_we_accept_what_the_reference_signs() -> None:
    from datetime import UTC, datetime

    secret, at = new_secret(), datetime(2025, 1, 1, tzinfo=UTC)
    signature = Webhook(secret).sign("msg", at, BODY.decode())
    received = {
        "webhook-id": "msg",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    assert is_genuine(secret, received, BODY, at.timestamp())


@given(st.binary(max_size=50), st.integers(0, 7))
def test_one_changed_bit_is_noticed(body: bytes, bit: int) -> None:
    secret = f"{SECRET_PREFIX}{'A' * 32}"
    sent = headers(secret, "msg", 1000, body)
    assert is_genuine(secret, sent, body, 1000)
    changed = bytes([body[0] ^ 1 << bit]) + body[1:] if body else b"x"
    assert not is_genuine(secret, sent, changed, 1000)
    assert not is_genuine(secret, {**sent, "webhook-id": "other"}, body, 1000)
    assert not is_genuine(secret, {**sent, "webhook-timestamp": "1001"}, body, 1000)
    assert not is_genuine(new_secret(), sent, body, 1000)


def test_a_recording_is_refused_after_five_minutes() -> None:
    secret = new_secret()
    sent = headers(secret, "msg", 1000, BODY)
    assert is_genuine(secret, sent, BODY, 1000 + TOLERANCE)
    assert not is_genuine(secret, sent, BODY, 1001 + TOLERANCE)


def test_while_a_secret_is_changed_either_signature_is_enough() -> None:
    old, new = new_secret(), new_secret()
    both = headers(old, "msg", 1000, BODY)
    both["webhook-signature"] += " " + headers(new, "msg", 1000, BODY)["webhook-signature"]
    assert is_genuine(old, both, BODY, 1000)
    assert is_genuine(new, both, BODY, 1000)


@pytest.mark.parametrize("received", [{}, {"webhook-timestamp": "²"}, {"webhook-signature": "v1,é"}])
def test_a_request_without_a_signature_is_refused(received: dict[str, str]) -> None:
    assert not is_genuine(new_secret(), received, BODY, 0)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_QUJD"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(SettingsError, match="related webhooks secret") as refused:
        secret_bytes(secret)
    assert secret in ("", "whsec_") or secret not in str(refused.value)
