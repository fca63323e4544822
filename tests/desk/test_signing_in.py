"""Who is let in at the desk, how, and until when."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from recommender.desk.app import routes, routes_of_own
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.roles import Role
from recommender.desk.settings import DeskSettings
from recommender.desk.signing_in import by_password
from recommender.desk.throttle import BY_ADDRESS, BY_NAME
from recommender.errors import SettingsError
from recommender.service.app import app_of
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.work import ASIDE
from tests.desk.conftest import TOKEN, Office, make_office, text_of

PASSWORD = "correct horse battery"
SIGN_IN = "/desk/sign-in"


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_page(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    browser = office.browser()
    sent_on = browser.get("/desk?q=ferry").headers["location"]
    assert sent_on == "/desk/sign-in?to=%2Fdesk%3Fq%3Dferry"
    done = browser.post(SIGN_IN, on=sent_on, name="Sports", password=PASSWORD, to="/desk?q=ferry")
    assert (done.status_code, done.headers["location"]) == (303, "/desk?q=ferry")
    assert "Sports" in text_of(browser.get("/desk"))


def test_the_first_run_says_which_command_to_type(office: Office) -> None:
    page = office.browser().get(SIGN_IN)
    assert 'related people add "YOUR NAME" --role admin' in text_of(page)
    office.people.add("Sports", Role.ADMIN)
    assert "related people add" not in text_of(office.browser().get(SIGN_IN))


@pytest.mark.parametrize(
    ("name", "password"), [("Sports", "correct horse"), ("Night", PASSWORD), ("Culture", PASSWORD), ("", "")]
)
def test_nobody_comes_in_by_a_wrong_name_or_password(office: Office, name: str, password: str) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    office.people.add("Culture", Role.READER)
    browser = office.browser()
    answer = browser.post(SIGN_IN, on=SIGN_IN, name=name, password=password)
    assert answer.status_code == 401
    assert PASSWORD not in answer.text
    assert browser.get("/desk").status_code == 303


def test_a_cookie_is_read_by_no_script_and_secure_where_the_page_is(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    for base, proxied in [("http", False), ("https", True)]:
        path = f"/desk/link/{office.people.make_link('Sports', 1)}"
        browser = office.browser()
        browser.http.base_url = f"{base}://desk.example"
        (cookie,) = [
            each
            for each in browser.post(path, on=path).headers.get_list("set-cookie")
            if each.startswith("related_desk=")
        ]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/desk" in cookie
        assert ("Secure" in cookie) == proxied


def test_a_personal_link_is_good_once_and_is_not_used_up_by_being_looked_at(office: Office) -> None:
    office.people.add("Sports", Role.EDITOR)
    path = f"/desk/link/{office.people.make_link('Sports', 1)}"
    for _ in range(2):
        assert "Sign in as Sports" in text_of(office.browser().get(path))
    first, second = office.browser(), office.browser()
    second.get(path)
    assert first.post(path, on=path).headers["location"] == "/desk"
    assert second.post(path, on=path).status_code in (403, 410)
    assert office.browser().get(path).status_code == 410


def test_a_personal_link_ends_with_its_time(office: Office) -> None:
    office.people.add("Sports", Role.EDITOR)
    path = f"/desk/link/{office.people.make_link('Sports', 2)}"
    office.clock.now += 2 * 3600
    assert office.browser().get(path).status_code == 410


def test_a_session_ends_when_it_is_signed_out_of(office: Office) -> None:
    browser = office.signed_in()
    held = dict(browser.http.cookies)
    assert browser.post("/desk/sign-out").headers["location"] == SIGN_IN
    browser.http.cookies.update(held)
    assert browser.get("/desk").status_code == 303


@pytest.mark.parametrize("change", ["removed", "another role", "another password", "time"])
def test_a_session_ends_with_what_it_was_given_for(office: Office, change: str) -> None:
    browser = office.signed_in("Sports", Role.EDITOR)
    assert browser.get("/desk").status_code == 200
    match change:
        case "removed":
            office.people.remove("Sports")
        case "another role":
            office.people.set_role("Sports", Role.READER)
        case "another password":
            office.people.set_password("Sports", PASSWORD)
        case _:
            office.clock.now += 8 * 86_400
    assert browser.get("/desk").status_code == 303
    office.people.remove("Sports") if change != "removed" else None
    office.people.add("Sports", Role.ADMIN)
    assert browser.get("/desk").status_code == 303, "another person of that name is somebody else"


def test_guessing_a_password_is_slow_by_name_and_by_address(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    statuses = [
        office.browser(f"10.0.0.{n}")
        .post(SIGN_IN, on=SIGN_IN, name=f"{' ' * n}Sports", password="x")
        .status_code
        for n in range(BY_NAME[1] + 1)
    ]
    assert statuses == [401] * BY_NAME[1] + [429]
    browser = office.browser("10.1.1.1")
    found = [browser.get(f"/desk/link/{n}").status_code for n in range(BY_ADDRESS[1] + 1)]
    assert found == [410] * BY_ADDRESS[1] + [429]
    office.clock.now += 1 / BY_ADDRESS[0]
    assert browser.get("/desk/link/0").status_code == 410, "who waits may try again"


def test_few_passwords_are_hashed_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def slow(*_: object) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.02)
        with lock:
            at_once -= 1

    desk = Desk(office.service, DeskSettings())
    monkeypatch.setattr(desk.people, "by_password", slow)

    async def tried(number: int) -> None:
        form = {"name": [f"Sports {number}"], "password": [PASSWORD]}
        request = Request({"type": "http", "method": "POST", "path": SIGN_IN, "headers": []})
        visit = Visit(request=request, person=None, token="", secure=False, address=str(number), form=form)
        assert (await by_password(desk, visit)).status_code == 401

    async def all_at_once() -> None:
        await asyncio.gather(*(tried(number) for number in range(ASIDE * 3)))

    asyncio.run(all_at_once())
    assert most <= ASIDE


def test_a_name_is_the_same_however_its_spaces_are_typed(office: Office) -> None:
    sports = office.people.add("Sports  Desk ", Role.READER)
    assert sports.name == "Sports Desk"
    assert office.people.find(" Sports\u00a0 Desk") == sports


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/desk\\evil", "/deskevil", "/stories"]
)
def test_signing_in_leads_nowhere_but_to_the_desk(office: Office, to: str) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    answer = office.browser().post(SIGN_IN, on=SIGN_IN, name="Sports", password=PASSWORD, to=to)
    assert answer.headers["location"] == "/desk"


def test_a_form_that_is_not_ours_signs_nobody_in_or_out(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    stranger = office.browser()
    assert stranger.http.post(SIGN_IN, data={"name": "Sports", "password": PASSWORD}).status_code == 403
    token = TOKEN.search(stranger.get(SIGN_IN).text)
    assert token
    other = office.browser()
    sent = {"name": "Sports", "password": PASSWORD, "token": token[1]}
    assert other.http.post(SIGN_IN, data=sent).status_code == 403
    cross = {"sec-fetch-site": "cross-site"}
    assert stranger.http.post(SIGN_IN, data=sent, headers=cross).status_code == 403
    assert stranger.http.post(SIGN_IN, data=sent).status_code == 303


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Office]:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "related.toml").write_text('[desk]\nheader = "X-Forwarded-User"\n', "utf-8")
    yield from make_office(archive, ServiceSettings(proxies="10.0.0.7, 10.1.0.0/16"))


@pytest.mark.parametrize(
    ("peer", "user", "status"),
    [
        ("10.0.0.7", "Zoë", 200),
        ("10.1.4.4", "Zoë", 200),
        ("192.0.2.1", "Zoë", 303),
        ("10.0.0.7", "Mallory", 403),
        ("10.0.0.7", "", 303),
    ],
)
def test_a_proxy_says_who_it_is_where_it_is_believed(
    proxied: Office, peer: str, user: str, status: int
) -> None:
    proxied.people.add("Zoë", Role.READER)
    headers = {"x-forwarded-user": user.encode(), "x-forwarded-for": b"203.0.113.9"}
    answer = proxied.browser(peer).http.get("/desk", headers=headers)
    assert answer.status_code == status
    if status == 200:
        assert "Zoë" in text_of(answer)
        assert "Sign out" not in text_of(answer)


def test_a_header_that_no_proxy_may_send_is_refused_but_on_ones_own_machine(proxied: Office) -> None:
    service = Service(proxied.newsroom, ServiceSettings(), proxied.clock)
    try:
        with pytest.raises(SettingsError, match=r"desk\.header is 'X-Forwarded-User', and service\.proxies"):
            routes(service)
        own = TestClient(app_of(service, routes_of_own(service)), follow_redirects=False)
        proxied.people.add("Zoë", Role.READER)
        link = f"/desk/link/{proxied.people.make_link('Zoë', 1)}"
        assert "Sign in as Zoë" in text_of(own.get(link))
        assert own.get("/desk", headers={"x-forwarded-user": "Zoë".encode()}).status_code == 303
    finally:
        service.close()


def test_where_a_proxy_says_who_it_is_nobody_signs_in(proxied: Office) -> None:
    proxied.people.add("Zoë", Role.READER)
    proxied.people.set_password("Zoë", PASSWORD)
    answer = proxied.browser().post(SIGN_IN, on=SIGN_IN, name="Zoë", password=PASSWORD)
    assert answer.status_code in (403, 404)
    assert "related_desk" not in answer.cookies
    assert proxied.browser().get(f"/desk/link/{proxied.people.make_link('Zoë', 1)}").status_code == 404
