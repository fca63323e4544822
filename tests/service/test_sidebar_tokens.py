"""A token of the sidebar opens what it is for, until it ends or its key does; nothing else opens it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.api_keys import KeyRow
from recommender.errors import SettingsError
from recommender.service.keys import Lookup, digest
from recommender.service.settings import ServiceSettings, load_service_settings
from recommender.service.sidebar_tokens import SidebarToken, opened, sealed

NOW = 1_740_000_000.0
ROWS = [KeyRow(num, f"cms-{num}", digest(f"secret {num}"), "read,edit", 0, None) for num in (1, 2)]
SECRET = "5a" * 32
KEYS = Lookup(ROWS, SECRET)
TOKEN = SidebarToken(1, "night-desk", NOW + 60)


def text_of(token: SidebarToken = TOKEN, keys: Lookup = KEYS) -> str:
    text = sealed(token, keys, NOW)
    assert text is not None
    return text


def test_it_says_who_writes_and_ends_with_its_time() -> None:
    found = opened(text_of(), KEYS, NOW)
    assert found is not None
    assert (found[0], found[1].name) == (TOKEN, "cms-1")
    assert opened(text_of(), KEYS, NOW + 59.9) is not None
    assert opened(text_of(), KEYS, NOW + 60) is None


@given(st.data())
def test_one_that_is_changed_anywhere_is_none(data: st.DataObject) -> None:
    text = text_of()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda sign: sign != text[at]))
    changed = text[:at] + other + text[at + 1 :]
    assert opened(changed, KEYS, NOW) is None or opened(changed, KEYS, NOW) == opened(text, KEYS, NOW)
    assert opened(text[:at], KEYS, NOW) is None


@given(st.text())
def test_no_other_text_is_one(text: str) -> None:
    assert opened(text, KEYS, NOW) is None
    assert opened(f"rels.{text}.{text}", KEYS, NOW) is None


def test_another_keys_seal_is_none() -> None:
    said, seal = text_of().split(".")[1], text_of(SidebarToken(2, "night-desk", NOW + 60)).split(".")[2]
    assert opened(f"rels.{said}.{seal}", KEYS, NOW) is None


def test_it_ends_with_its_key() -> None:
    text = text_of()
    assert opened(text, Lookup(ROWS[1:], SECRET), NOW) is None, "the key is removed"
    again = ROWS[0]._replace(digest=digest("another secret"))
    assert opened(text, Lookup([again], SECRET), NOW) is None, "another key has its number"
    rotated = Lookup([ROWS[0]._replace(expires=int(NOW) + 10)], SECRET)
    assert opened(text, rotated, NOW + 9) is not None
    assert opened(text, rotated, NOW + 10) is None
    assert sealed(TOKEN, rotated, NOW + 10) is None


def test_neither_a_keys_holder_nor_who_has_its_digest_makes_one() -> None:
    said = text_of().split(".")[1]
    for known in (digest("secret 1"), "secret 1"):
        seal = hmac.new(known.encode(), f"rels.{said}".encode(), hashlib.sha256).hexdigest()
        assert opened(f"rels.{said}.{seal}", KEYS, NOW) is None
    assert sealed(TOKEN, Lookup(ROWS), NOW) is None, "there is no secret"
    assert opened(text_of(keys=Lookup(ROWS, "5b" * 32)), KEYS, NOW) is None


@dataclass(frozen=True)
class Spelling:
    """An origin as an operator may write it, and as browsers do."""

    written: str
    origin: str


@pytest.mark.parametrize(
    "one",
    [
        Spelling("https://cms.news.example", "https://cms.news.example"),
        Spelling("https://CMS.News.example/", "https://cms.news.example"),
        Spelling("https://cms.news.example:443", "https://cms.news.example"),
        Spelling("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        Spelling("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_spelt_as_browsers_do(one: Spelling) -> None:
    held = ServiceSettings(sidebar_origins=f"https://a.example, {one.written}")
    assert held.sidebar_hosts == ("https://a.example", one.origin)


@pytest.mark.parametrize(
    "origins",
    [
        "*",
        "cms.news.example",
        "https://*.news.example",
        "https://cms.news.example/wp-admin",
        "https://cms.news.example?x",
        "https://a.example; script-src *",
        "https://name@cms.news.example",
        "ftp://cms.news.example",
        "null",
        "https://a.example https://b.example",
    ],
)
def test_what_is_no_origin_is_refused_by_its_name(origins: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="sidebar_origins"):
        load_service_settings(tmp_path, {"RELATED_SERVICE_SIDEBAR_ORIGINS": origins})


@pytest.mark.parametrize("minutes", [0, -1, 1e9, float("nan")])
def test_a_token_is_good_for_some_minutes(minutes: float) -> None:
    with pytest.raises(SettingsError, match="sidebar_minutes"):
        ServiceSettings(sidebar_minutes=minutes)


def test_a_token_is_no_key(http: httpx.Client) -> None:
    made = http.post("/sidebar/tokens", json={"by": "night-desk"}).raise_for_status()
    assert made.headers["cache-control"] == "no-store"
    bearer = {"authorization": f"Bearer {made.json()['token']}"}
    for method, path in (
        ("GET", "/steering"),
        ("POST", "/suggestions"),
        ("POST", "/stories"),
        ("POST", "/sidebar/tokens"),
    ):
        assert http.request(method, path, headers=bearer, json={}).status_code == 401


@pytest.mark.parametrize("by", ["", "a\nb", "<b>desk</b>", "\u202enight", "x" * 201, None])
def test_an_editor_has_a_name(http: httpx.Client, by: str | None) -> None:
    assert http.post("/sidebar/tokens", json={"by": by}).status_code == 422
