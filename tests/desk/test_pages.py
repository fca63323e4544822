"""What holds for every page of the desk, whoever adds it: who is let in, what its headers say, its files."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from recommender.catalog.tables import metadata
from recommender.desk import static_files
from recommender.desk.page import Page
from recommender.desk.pages import PAGES
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.engine import listing
from recommender.errors import ArchiveError
from recommender.story.story import Story
from tests.desk.conftest import TOKEN, Office, text_of
from tests.service.cases import story

ASKED = [page for page in PAGES if page.role is not None]
NAMES = [f"{page.method} {page.path}" for page in ASKED]


def path_of(page: Page) -> str:
    return re.sub(r"{[^}]*}", "ferry-3", page.path)


@pytest.mark.parametrize("page", ASKED, ids=NAMES)
def test_nobody_sees_or_does_anything_without_signing_in(shared_office: Office, page: Page) -> None:
    answer = shared_office.browser().http.request(page.method, path_of(page))
    assert answer.status_code == (303 if page.method == "GET" else 403)
    assert answer.headers.get("location", "/desk/sign-in").startswith("/desk/sign-in")


@pytest.mark.parametrize("page", ASKED, ids=NAMES)
def test_who_has_not_the_role_is_refused(shared_office: Office, page: Page) -> None:
    lesser = [role for role in Role if page.role is not None and not role.allows(page.role)]
    for role in lesser:
        browser = shared_office.signed_in(f"A {role}", role)
        assert browser.http.request(page.method, path_of(page)).status_code == 403


@pytest.mark.parametrize(
    "page", [page for page in ASKED if page.method == "POST"], ids=lambda page: page.path
)
def test_no_form_is_taken_without_its_token(shared_office: Office, page: Page) -> None:
    answer = shared_office.signed_in("Admins", Role.ADMIN).http.post(path_of(page), data={"token": "0" * 64})
    assert answer.status_code == 403


@pytest.mark.parametrize("page", [page for page in PAGES if page.link], ids=lambda page: page.path)
def test_a_page_runs_and_loads_nothing_but_what_the_service_has(shared_office: Office, page: Page) -> None:
    answer = shared_office.signed_in("Admins", Role.ADMIN).get(page.path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", answer.text)
    assert not re.findall(r'<(?:script|link)[^>]*(?:src|href)="(?!/desk/static/)', answer.text)


def test_scripts_and_styles_are_kept_for_ever_under_addresses_that_change_with_them(
    shared_office: Office,
) -> None:
    browser = shared_office.browser()
    for name, data in static_files.files().items():
        answer = browser.get(static_files.address(name))
        assert answer.content == data
        assert "immutable" in answer.headers["cache-control"]
    assert "immutable" not in browser.get("/desk/static/0/desk.css").headers["cache-control"]
    for wrong in ("nothing.js", "..%2Fpages.py", "vendor%2F..%2Fdesk.js"):
        assert browser.get(f"/desk/static/{static_files.version()}/{wrong}").status_code in (404, 422)


@pytest.mark.parametrize(("language", "said"), [("en", "Something went wrong"), ("hi", "कुछ गड़बड़ हुई")])
def test_an_error_of_ours_is_a_page_that_tells_nothing_of_it_but_where_the_log_has_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(listing, "newest", broken)
    browser = office.signed_in()
    for quiet in (True, False):
        client = TestClient(office.app, base_url="http://desk.example", raise_server_exceptions=quiet)
        client.cookies = browser.http.cookies
        headers = {"accept-language": language, "x-request-id": "look-17"}
        if quiet:  # the log has its traceback: it goes on to who serves
            with pytest.raises(ZeroDivisionError):
                client.get("/desk", headers=headers)
            continue
        page = client.get("/desk", headers=headers)
        assert page.status_code == 500
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-security-policy"]
        assert f'<html lang="{language}"' in page.text
        assert "look-17" in text_of(page)
        assert said in text_of(page)
        assert not {"secret", "ZeroDivisionError", "Traceback"} & set(re.split(r"\W+", page.text))


def test_who_comes_where_nobody_can_be_known_is_told_on_a_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ArchiveError("the disk is gone")

    browser = office.signed_in()
    monkeypatch.setattr(People, "of_session", broken)
    page = browser.get("/desk", **{"accept-language": "de"})
    assert page.status_code == 503
    assert '<html lang="de"' in page.text
    assert "the disk is gone" in text_of(page)


def test_a_page_that_is_none_is_told_as_one(shared_office: Office) -> None:
    answer = shared_office.browser().get("/desk/nowhere")
    assert answer.status_code == 404
    assert "There is no such page at the desk" in answer.text


def test_a_page_by_a_method_that_it_does_not_take_is_a_page(shared_office: Office) -> None:
    """It was JSON in English, as for a program."""
    browser = shared_office.browser()
    for path, allowed in {"/desk/audit": "GET, HEAD", "/desk/stories/a": "GET, POST, HEAD"}.items():
        answer = browser.http.delete(path, headers={"accept-language": "bn"})
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert '<html lang="bn"' in answer.text


HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(1)> x" onmouseover="alert(1)" \u2067a\u2069 '
    + "w" * 500
)
NO_SESSION = ("session", "sign_in_link")
"""Tables of who is signed in, which anybody's visit may change."""


def test_a_reader_changes_nothing_by_any_form(office: Office) -> None:
    reader = office.signed_in("Readers", Role.READER)
    token = TOKEN.search(reader.get("/desk").text)
    assert token is not None
    fields = {
        "token": token[1],
        "act": "exclude",
        "target": "ferry-2",
        "kind": "approve",
        "day": "2025-01-03",
    }
    before = _held(office)
    for page in PAGES:
        if page.method == "POST" and page.path != "/desk/sign-out":
            reader.http.post(path_of(page), data=fields | {"headline": "A ferry", "source": "ferry-3"})
    assert _held(office) == before


def _held(office: Office) -> dict[str, list[tuple[object, ...]]]:
    with office.newsroom.archive.catalog.snapshot() as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))), key=repr
            )
            for name in metadata.tables
            if name not in NO_SESSION
        }


def test_what_stories_and_people_say_is_inert_on_every_page(office: Office) -> None:
    said = {
        "headline": HOSTILE,
        "deck": HOSTILE,
        "body": f"{HOSTILE} ferry river rescue",
        "content_type": "text",
    }
    more = {
        "section": HOSTILE[:200],
        "authors": (HOSTILE[:200],),
        "tags": (HOSTILE[:90],),
        "kind": HOSTILE[:60],
    }
    office.newsroom.archive.add([replace(Story.from_json(story("ferry-9", "ferry", 9)), **said, **more)])
    office.newsroom.pin("ferry-9", "ferry-2", 1, HOSTILE)
    office.newsroom.pin("ferry-3", "ferry-9", 1, HOSTILE)
    office.newsroom.rate("ferry-3", {"ferry-9": 1}, HOSTILE)
    office.newsroom.refresh()
    admin = office.signed_in("Admins", Role.ADMIN)
    asked = "&".join(f"{name}={quote(HOSTILE)}" for name in ("q", "find", "section", "story", "at", "to"))
    paths = [
        re.sub(r"{[^}]*}", id, page.path)
        for page in PAGES
        if page.method == "GET"
        for id in ("ferry-9", "ferry-3")
    ]
    seen = [admin.get(path).text for path in (*paths, *(f"{path}?{asked}" for path in paths))]
    for page in seen:
        assert not re.search(r'<script>alert|<img src=x|\sonmouseover="', page)
    assert sum("&lt;script&gt;alert(1)" in page for page in seen) > 5


def test_a_session_ends_on_every_page_when_its_person_is_removed(office: Office) -> None:
    gone = office.signed_in("Gone", Role.ADMIN)
    assert gone.get("/desk").status_code == 200
    office.people.remove("Gone")
    for page in ASKED:
        answer = gone.http.request(page.method, path_of(page))
        assert answer.status_code == (303 if page.method == "GET" else 403), page.path
