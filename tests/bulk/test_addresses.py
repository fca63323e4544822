"""What an address shows holds no key, and what drivers say of it is shown where it holds none either."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.bulk.addresses import shown, words_of

KEYS = st.text("abcXYZ019/+=!%:@", min_size=3, max_size=40).map(lambda text: f"s3cr3t{text}s3cr3t")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("stories/a?b@c.json", "stories/a?b@c.json"),
        ("s3://bucket/deep/stories", "s3://bucket/deep/stories"),
        ("s3://bucket/mail@night-desk.json", "s3://bucket/mail@night-desk.json"),
        ("s3://KEY:SECRET@bucket/x?endpoint_override=store.example", "s3://bucket/x"),
        ("s3://KEY:SEC/RET@bucket/x?region=eu", "s3://bucket/x"),
        ("s3://KEY:SEC?RET@bucket/x", "s3://..."),
        ("s3://KEY:SECRET", "s3://..."),
        ("hdfs://store.example:8020/x#part", "hdfs://store.example:8020/x"),
        ("sftp://[::1]:22/x", "sftp://[::1]:22/x"),
        ("file:///data/x", "file:///data/x"),
        ("zip://a.csv::s3://KEY:SECRET@bucket/x.zip", "zip://a.csv::s3://bucket/x.zip"),
        ("simplecache::s3://bucket/x?token=SECRET", "simplecache::s3://bucket/x"),
    ],
)
def test_a_place_is_shown_without_its_keys(address: str, expected: str) -> None:
    assert shown(address) == expected
    assert shown(expected) == expected


@given(KEYS, KEYS, st.booleans())
@settings(max_examples=200, deadline=None)
def test_no_key_is_shown_however_it_is_written(name: str, secret: str, is_encoded: bool) -> None:
    if is_encoded:
        name, secret = quote(name, safe=""), quote(secret, safe="")
    address = f"s3://{name}:{secret}@bucket/stories?session_token={secret}"
    assert "s3cr3t" not in shown(address)
    assert "s3cr3t" not in words_of(ValueError(f"cannot parse {address}"), address)
    assert "s3cr3t" not in words_of(ValueError(f"invalid port: '{secret}'"), "elsewhere", address)


def test_words_that_hold_no_key_are_told_in_one_line() -> None:
    address = "s3://NAME:SECRET@bucket/stories?region=eu-west-1"
    assert words_of(OSError("no such\nkey 'stories' in bucket"), address) == "no such key 'stories' in bucket"
    assert words_of(ValueError("a region of its own"), address) == "a region of its own"
    assert "repeat the address" in words_of(ValueError("signed by secret"), address)
    assert words_of(ValueError("x" * 300), address) == "x" * 200
