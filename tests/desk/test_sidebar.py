"""The sidebar: who may frame it, who may ask, what is proposed for a draft; the page of drafts beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from recommender.desk.roles import Role
from recommender.desk.wording import words_of
from recommender.service.keys import Keyring, Right
from recommender.service.settings import ServiceSettings
from recommender.service.sidebar_tokens import SidebarToken, sealed
from tests.desk.conftest import Browser, Office, make_office, text_of
from tests.service.cases import story

CMS = "https://cms.news.example"
ORIGINS = ServiceSettings(sidebar_origins=CMS, sidebar_minutes=10)
FERRY = {name: story("draft", "ferry", 7)[name] for name in ("headline", "body")}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    yield from make_office(tmp_path_factory.mktemp("sidebar") / "archive", ORIGINS)


@pytest.fixture
def keyring(bureau: Office) -> Iterator[Keyring]:
    keyring = Keyring(bureau.newsroom.archive.catalog, bureau.clock)
    yield keyring
    for name in [key.name for key in keyring.list() if "~" not in key.name]:
        keyring.remove(name)


def token(bureau: Office, keyring: Keyring, rights: tuple[Right, ...] = (Right.READ, Right.EDIT)) -> str:
    key = keyring.add("cms", rights)
    answer = bureau.browser().http.post(
        "/sidebar/tokens", json={"by": "night-desk"}, headers={"authorization": f"Bearer {key}"}
    )
    text: str = answer.raise_for_status().json()["token"]
    return text


def ask(bureau: Office, token: str, draft: object = FERRY, **headers: str) -> httpx.Response:
    given = {"authorization": f"Bearer {token}"} | headers
    return bureau.browser().http.post("/sidebar/proposals", json=draft, headers=given)


def test_only_the_settings_origins_may_frame_it(bureau: Office, shared_office: Office) -> None:
    page = bureau.browser().get("/sidebar")
    assert f"frame-ancestors {CMS};" in f"{page.headers['content-security-policy']};"
    assert f'data-origins="{CMS}"' in page.text
    assert "set-cookie" not in page.headers
    nowhere = shared_office.browser().get("/sidebar").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in nowhere


def test_the_page_loads_nothing_of_the_desks_paths(bureau: Office) -> None:
    """A proxy that signs people in at the desk keeps the sidebar's files from nobody."""
    browser = bureau.browser()
    files = re.findall(r'(?:src|rel="\w+" href)="([^"]+)"', browser.get("/sidebar").text)
    assert len(files) == 4
    for path in files:
        assert path.startswith("/sidebar/static/")
        assert browser.get(path).status_code == 200
    script = browser.get("/sidebar.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"


def test_a_draft_is_answered_with_its_block_and_links(bureau: Office, keyring: Keyring) -> None:
    answer = ask(bureau, token(bureau, keyring))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    told = text_of(answer)
    assert "a writer would set" in told
    assert "earlier" in told
    assert re.search(r"strong|good|fair|weak", told)
    ids = re.findall(r'data-id="([^"]+)"', answer.text)
    assert ids
    assert all(id.startswith("ferry") for id in ids[:3])
    assert "access-control-allow-origin" not in answer.headers


def test_what_is_begun_is_answered_too(bureau: Office, keyring: Keyring) -> None:
    bearer = token(bureau, keyring)
    assert ask(bureau, bearer, {"headline": FERRY["headline"]}).status_code == 200
    assert ask(bureau, bearer, {"headline": "", "deck": FERRY["headline"], "body": ""}).status_code == 200
    nothing = ask(bureau, bearer, {"headline": "...", "body": ""})
    assert nothing.status_code == 422
    assert "draft" in nothing.json()["detail"]


def test_what_is_wrong_with_a_draft_is_said_in_the_language_of_who_writes_it(
    bureau: Office, keyring: Keyring
) -> None:
    draft = {"headline": "\u202efähre", "body": "<p>Fähre</p>"}
    answer = ask(bureau, token(bureau, keyring), draft, **{"accept-language": "de"})
    said, words = answer.json(), words_of("de")
    assert answer.status_code == 422
    assert said["detail"].startswith(f"{words('Headline')}: ")
    assert words(said["way_out"]) != said["way_out"]
    assert said["detail"].endswith(f"; {words(said['way_out'])}")


def test_no_story_is_proposed_that_readers_may_not_see(bureau: Office, keyring: Keyring) -> None:
    bearer = token(bureau, keyring)
    assert 'data-id="ferry-6"' in ask(bureau, bearer).text
    bureau.newsroom.withdraw("ferry-6")
    try:
        told = ask(bureau, bearer).text
        assert "ferry-6" not in told
        assert 'data-id="ferry-5"' in told
    finally:
        bureau.newsroom.restore("ferry-6")
    assert bureau.newsroom.archive.catalog.get("draft") is None, "nothing of a draft is kept"


def test_a_token_ends_with_its_time(bureau: Office, keyring: Keyring) -> None:
    bearer, began = token(bureau, keyring), bureau.clock.now
    try:
        bureau.clock.now = began + 599
        assert ask(bureau, bearer).status_code == 200
        bureau.clock.now = began + 600
        assert ask(bureau, bearer).status_code == 401
    finally:
        bureau.clock.now = began


def test_a_token_of_too_little_right_or_too_long_a_life_lets_nobody_in(
    bureau: Office, keyring: Keyring
) -> None:
    """However it was come by."""
    token(bureau, keyring)  # the first makes the secret
    known = {"cms": 600, "pages": 600, "long": 601}
    keyring.add("pages", [Right.READ])
    keyring.add("long", [Right.READ, Right.PUBLISH])
    now, nums = bureau.clock.now, {key.name: key.num for key in keyring.list()}
    for name, seconds in known.items():
        text = sealed(SidebarToken(nums[name], "night-desk", now + seconds), keyring.lookup(), now)
        assert text is not None
        assert ask(bureau, text).status_code == (200 if name == "cms" else 401)


@pytest.mark.parametrize("grace", [0, 60])
def test_a_token_ends_with_its_key(bureau: Office, keyring: Keyring, grace: int) -> None:
    bearer, began = token(bureau, keyring), bureau.clock.now
    keyring.rotate("cms", grace)
    try:
        bureau.clock.now = began + grace - 1
        assert ask(bureau, bearer).status_code == (200 if grace else 401)
        bureau.clock.now = began + grace
        assert ask(bureau, bearer).status_code == 401
    finally:
        bureau.clock.now = began


def test_nothing_else_lets_in(bureau: Office, keyring: Keyring) -> None:
    bearer = token(bureau, keyring)
    key = keyring.add("other", [Right.READ, Right.PUBLISH, Right.EDIT])
    session = bureau.signed_in("sports-desk").http
    for other in ("", "rels..", key, bearer[:-1] + ("0" if bearer[-1] != "0" else "1")):
        assert ask(bureau, other).status_code == 401
    assert session.post("/sidebar/proposals", json=FERRY).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_page_may_ask(bureau: Office, keyring: Keyring, site: str) -> None:
    answer = ask(bureau, token(bureau, keyring), **{"sec-fetch-site": site})
    assert answer.status_code == 403


def test_a_key_that_may_see_no_preview_makes_no_token(bureau: Office, keyring: Keyring) -> None:
    key = keyring.add("pages", [Right.READ])
    answer = bureau.browser().http.post(
        "/sidebar/tokens", json={"by": "night-desk"}, headers={"authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 403


NASTY = "<script>alert(1)</script>\" onload=alert(1) x='"


def test_what_a_draft_says_is_inert(bureau: Office, keyring: Keyring) -> None:
    body = f"{FERRY['body']} {NASTY} {FERRY['headline']}"
    answer = ask(bureau, token(bureau, keyring), {"body": body, "content_type": "text"})
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert not re.search(r"<[^>]*\sonload=", re.sub(r'"[^"]*"', '""', answer.text))


# The page of drafts, which needs no script


def fields(**given: str) -> dict[str, str | list[str]]:
    return dict(given)


def test_a_pasted_text_is_answered_at_the_desk(bureau: Office) -> None:
    reader = bureau.signed_in("reading-desk", Role.READER)
    page = reader.post("/desk/draft", "/desk/draft", **fields(**FERRY))
    assert page.status_code == 200
    assert "The block that it would have" in text_of(page)
    assert "data-insert" not in page.text, "there is no CMS to hand it to"
    assert FERRY["headline"] in page.text


@pytest.mark.parametrize("given", [{}, {"body": "..."}, {"headline": "\u202e", "body": "ferry"}])
def test_what_is_no_draft_is_said_above_the_form(bureau: Office, given: dict[str, str]) -> None:
    page = bureau.signed_in("sports-desk").post("/desk/draft", "/desk/draft", **fields(**given))
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert 'name="body"' in page.text


def test_nobody_pastes_without_signing_in(bureau: Office, tmp_path: Path) -> None:
    stranger: Browser = bureau.browser()
    assert stranger.get("/desk/draft").status_code == 303
    assert stranger.post("/desk/draft", "/desk/sign-in", **fields(**FERRY)).status_code == 403
