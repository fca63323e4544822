"""What holds for every page of the desk, whoever adds it: who is let in, what its headers say, its files."""

from __future__ import annotations

import re

import pytest

from recommender.desk import static_files
from recommender.desk.page import Page
from recommender.desk.pages import PAGES
from recommender.desk.roles import Role
from tests.desk.conftest import Office

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


def test_a_page_that_is_none_is_told_as_one(shared_office: Office) -> None:
    answer = shared_office.browser().get("/desk/nowhere")
    assert answer.status_code == 404
    assert "there is no such page at the desk" in answer.text
    assert shared_office.browser().get("/desk/").headers["location"] == "/desk"
