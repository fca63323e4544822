"""Messages of other systems over HTTP: who may send them, and what they change at once."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from recommender.errors import SettingsError
from recommender.service.examples import MESSAGES
from recommender.service.incoming_webhooks import FRESH_SECONDS, is_genuine
from recommender.service.settings import ServiceSettings
from tests.service.running import Running, add_key, make_archive

SECRET = "a-secret-of-some-length"
GHOST: dict[str, Any] = MESSAGES["ghost"]["post"]["current"]  # type: ignore[index, assignment]
NOW = 1_772_600_000.0
ADDED, UPDATED, SAME = ([(word, "published")] for word in ("added", "updated", "unchanged"))


def ghost_signature(raw: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int((time.time() if at is None else at) * 1000))
    digest = hmac.new(secret.encode(), raw + stamp.encode(), hashlib.sha256).hexdigest()
    return {"x-ghost-signature": f"sha256={digest}, t={stamp}"}


def superdesk_signature(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-superdesk-signature": f"sha1={hmac.new(secret.encode(), raw, hashlib.sha1).hexdigest()}"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    archive = make_archive(
        tmp_path_factory.mktemp("hooks") / "news", f'[service]\nhook_secret = "{SECRET}"\n'
    )
    key = add_key(archive, "cms")
    with Running(archive) as running:
        yield running.url, key


@pytest.fixture
def http(service: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service[0], timeout=60) as client:
        yield client


def post(http: httpx.Client, sender: str, message: object, **more: Any) -> httpx.Response:
    headers = {"content-type": "application/json", **more.pop("headers", {})}
    return http.post(f"/hooks/{sender}", content=json.dumps(message).encode(), headers=headers, **more)


def outcomes(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 200, answer.text
    return [(one["outcome"], one["status"]) for one in answer.json()["stories"]]


def test_a_story_of_ghost_lives_and_dies_by_its_messages(
    http: httpx.Client, service: tuple[str, str]
) -> None:
    def send(current: object, previous: object = None) -> list[tuple[str, str]]:
        message = {"post": {"current": current, "previous": previous or {}}}
        raw = json.dumps(message).encode()
        return outcomes(post(http, "ghost", message, headers=ghost_signature(raw)))

    post_ = {**GHOST, "id": "5c7ece47da174000c0c5c6d8", "url": "https://news.example/lives"}
    assert send(post_) == ADDED
    assert send(post_) == SAME
    assert send({**post_, "title": "Corrected", "updated_at": "2026-03-03T04:00:00Z"}) == [
        ("updated", "published")
    ]
    assert send({**post_, "status": "draft", "updated_at": "2026-03-03T03:00:00Z"}) == [("updated", "draft")]
    block = http.get(f"/stories/{post_['id']}/related", headers={"authorization": f"Bearer {service[1]}"})
    assert block.status_code == 404
    assert send({**post_, "updated_at": "2026-03-03T05:00:00Z"}) == UPDATED
    assert send({}, {"id": post_["id"]}) == [("updated", "retracted")]
    assert send({}, {"id": "0" * 24}) == []


@pytest.mark.parametrize("sender", MESSAGES)
def test_a_key_or_the_secret_in_the_address_will_do(
    http: httpx.Client, service: tuple[str, str], sender: str
) -> None:
    bearer = {"authorization": f"Bearer {service[1]}"}
    assert outcomes(post(http, sender, MESSAGES[sender], headers=bearer))
    assert outcomes(post(http, sender, MESSAGES[sender], params={"secret": SECRET})) == [
        ("unchanged", "published")
    ]


def test_what_is_signed_by_nobody_we_know_is_refused(http: httpx.Client) -> None:
    raw = json.dumps(MESSAGES["ghost"]).encode()
    wrong: list[dict[str, Any]] = [
        {},
        {"params": {"secret": "a-secret-of-other-length"}},
        {"params": {"secret": ""}},
        {"headers": ghost_signature(raw, "another-secret-altogether")},
        {"headers": ghost_signature(raw, at=time.time() - 2 * FRESH_SECONDS)},
        {"headers": {"x-ghost-signature": "sha256=x"}, "params": {"secret": "a-secret-of-other-length"}},
        {"headers": superdesk_signature(b"another body")},
    ]
    for one in wrong:
        assert post(http, "ghost", MESSAGES["ghost"], **one).status_code == 401, one


def test_superdesk_signs_its_body(http: httpx.Client) -> None:
    message = {**MESSAGES["superdesk"], "guid": "urn:x:1"}
    raw = json.dumps(message).encode()
    assert outcomes(post(http, "superdesk", message, headers=superdesk_signature(raw))) == [
        ("added", "published")
    ]
    message["pubstatus"] = "canceled"
    raw = json.dumps(message).encode()
    assert outcomes(post(http, "superdesk", message, headers=superdesk_signature(raw)))[0][1] != "published"


def test_a_post_that_wordpress_deletes_is_found_by_its_number(http: httpx.Client) -> None:
    message = {**MESSAGES["wordpress"], "id": 99, "guid": {"rendered": "https://news.example/?p=99"}}
    message["link"] = "https://news.example/ninety-nine"
    assert outcomes(post(http, "wordpress", message, params={"secret": SECRET})) == ADDED
    gone = {"event": "deleted_post", "post_id": 99}
    assert outcomes(post(http, "wordpress", gone, params={"secret": SECRET})) == [("updated", "retracted")]


def test_a_wrong_story_is_refused_in_words_and_no_story_passed_over(http: httpx.Client) -> None:
    wrong = {**MESSAGES["wordpress"], "date_gmt": "0000-00-00T00:00:00"}
    answer = post(http, "wordpress", wrong, params={"secret": SECRET})
    assert (answer.status_code, answer.json()["field"]) == (422, "published")
    for message in ({}, {**MESSAGES["wordpress"], "type": "page"}):
        assert post(http, "wordpress", message, params={"secret": SECRET}).json() == {
            "stories": [],
            "passed_over": 1,
        }
    assert http.post("/hooks/ghost", params={"secret": SECRET}, content=b"[]").status_code in (415, 422)


def test_older_versions_of_ghost_sign_the_body_alone() -> None:
    digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256).hexdigest()
    for header in (f"sha256={digest}", f"sha256={digest}, t={int(NOW * 1000)}"):
        assert is_genuine(SECRET, b"{}", [("x-ghost-signature", header)], NOW)
    assert not is_genuine(SECRET, b"{} ", [("x-ghost-signature", f"sha256={digest}")], NOW)
    assert not is_genuine(SECRET, b"{}", [], NOW)


def test_a_secret_that_is_guessed_is_none() -> None:
    with pytest.raises(SettingsError, match=r"service\.hook_secret has 4 characters"):
        ServiceSettings(hook_secret="1234")
