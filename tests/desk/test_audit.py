"""The page of the audit log: for admins, with what came to be at the desk itself."""

from __future__ import annotations

import pytest

from recommender.desk.roles import Role
from tests.desk.conftest import Office, text_of

PASSWORD = "correct horse battery"


def test_an_admin_sees_who_signed_in_and_from_where(office: Office) -> None:
    office.people.add("Sports", Role.READER)
    office.people.set_password("Sports", PASSWORD)
    browser = office.browser("192.0.2.7")
    browser.post("/desk/sign-in", on="/desk/sign-in", name="Sports", password=PASSWORD)
    browser.post("/desk/sign-out")
    page = text_of(office.signed_in("Night", Role.ADMIN).get("/desk/audit?kind=session&about=Sports"))
    assert "session.begin Sports Sports 192.0.2.7 password" in page
    assert "session.end Sports Sports 192.0.2.7" in page
    assert "person.add" not in page


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_nobody_else_does(office: Office, role: Role) -> None:
    browser = office.signed_in("Sports", role)
    assert browser.get("/desk/audit").status_code == 403
    assert "Audit log" not in text_of(browser.get("/desk"))


def test_names_do_nothing_in_the_page(office: Office) -> None:
    asked = "/desk/audit?about=%3Cscript%3E&kind=%3Cb%3E"
    assert "<script>" not in office.signed_in("Night", Role.ADMIN).get(asked).text
