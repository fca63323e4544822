"""The commands that let people in at the desk."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from recommender.catalog import Catalog
from recommender.desk.people import People
from recommender.desk.roles import Role
from tests.cli.conftest import Related

PASSWORD = "correct horse battery"


def people(news: Path) -> People:
    return People(Catalog.open(news / "catalog.sqlite"))


def test_who_is_added_gets_a_link_that_signs_them_in(related: Related, news: Path) -> None:
    answer = related("people", "add", "Sports Desk", "--role", "editor", "-a", news)
    link = answer.out.strip()
    assert link.startswith("http://127.0.0.1:8350/desk/link/")
    person = people(news).by_link(link.rpartition("/")[2])
    assert person is not None
    assert (person.name, person.role) == ("Sports Desk", Role.EDITOR)


def test_a_link_leads_where_browsers_reach_the_service(related: Related, news: Path) -> None:
    (news / "related.toml").write_text('[service]\npublic_url = "https://related.news.example/"\n')
    answer = related("people", "add", "Sports", "-a", news, "--json")
    assert answer.json["link"].startswith("https://related.news.example/desk/link/")
    answer = related("people", "link", "Sports", "--url", "https://desk.example", "-a", news)
    assert answer.out.startswith("https://desk.example/desk/link/")


def test_where_a_proxy_signs_people_in_no_link_is_printed(related: Related, news: Path) -> None:
    (news / "related.toml").write_text('[service]\nproxies = "10.0.0.7"\n[desk]\nheader = "X-User"\n')
    answer = related("people", "add", "Sports", "-a", news)
    assert (answer.code, answer.out) == (0, "Sports is let in when the proxy names them in X-User\n")
    assert related("people", "add", "Night", "-a", news, "--json").json == {"name": "Night", "link": None}
    answer = related("people", "link", "Sports", "-a", news)
    assert (answer.code, "/desk/link/" in answer.out) == (2, False)
    assert "related desk" in answer.err


def test_a_password_is_read_from_standard_input_and_never_shown(
    related: Related, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    related("people", "add", "Sports", "-a", news)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    answer = related("people", "password", "Sports", "-a", news)
    assert answer.code == 0
    assert PASSWORD not in answer.out + answer.err
    assert people(news).by_password("Sports", PASSWORD) is not None
    assert people(news).by_password("Sports", PASSWORD.upper()) is None


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (
            ["add", "Sports", "--role", "boss"],
            2,
            "role 'boss' is not known; give one of reader, editor, admin",
        ),
        (["add", "Night"], 2, "there is 'Night' already"),
        (["add", "<b>Culture</b>"], 2, "holds"),
        (["add", "Culture\u202eolC"], 2, "holds"),
        (["add", " "], 2, "has 0 characters"),
        (["add", "x" * 61], 2, "has 61 characters; give 1 to 60"),
        (["link", "Nobody"], 4, "nobody at the desk is called 'Nobody'"),
        (["role", "Nobody", "admin"], 4, "nobody at the desk is called"),
        (["remove", "Nobody"], 4, "related people list"),
    ],
)
def test_what_cannot_be_says_why(
    related: Related, news: Path, words: list[str], code: int, told: str
) -> None:
    related("people", "add", "Night", "-a", news)
    answer = related("people", *words, "-a", news)
    assert answer.code == code
    assert told in answer.err


def test_a_short_password_is_refused(related: Related, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    related("people", "add", "Sports", "-a", news)
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    answer = related("people", "password", "Sports", "-a", news)
    assert (answer.code, "5 characters; give 10 to 1,000" in answer.err) == (2, True)


def test_the_list_has_no_secret(related: Related, news: Path) -> None:
    assert "nobody yet" in related("people", "list", "-a", news).out
    related("people", "add", "Sports", "--role", "admin", "-a", news)
    (row,) = related("people", "list", "-a", news, "--json").json
    assert {name: row[name] for name in ("name", "role", "password")} == {
        "name": "Sports",
        "role": "admin",
        "password": False,
    }
