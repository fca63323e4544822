"""A password is for one origin."""

from __future__ import annotations

import pytest

from recommender.errors import SettingsError
from recommender.web.credentials import Logins
from recommender.web.hosts import Reach

NOWHERE = Reach()


def test_it_is_found_for_its_scheme_host_and_port_alone() -> None:
    logins = Logins.parse("https://ed:p%40ss@news.example  https://k:key@ghost.example:8443", NOWHERE)
    login = logins.of("https://NEWS.example:443/wp-json/")
    assert login is not None
    assert login.header == "Basic ZWQ6cEBzcw=="
    assert "p@ss" not in repr(login)
    for other in ("http://news.example/", "https://news.example:444/", "https://sub.news.example/"):
        assert logins.of(other) is None
    assert logins.of("https://ghost.example:8443/x") is not None


@pytest.mark.parametrize(
    "text",
    ["secretword", "https://news.example", "https://ed:@news.example", "ftp://ed:secretword@x.example",
     "http://ed:secretword@news.example", "https://ed:secretword@[::1"],
)  # fmt: skip
def test_what_is_none_is_refused_without_its_words(text: str) -> None:
    with pytest.raises(SettingsError, match=r"setting web\.credentials: entry 1") as caught:
        Logins.parse(text, NOWHERE)
    assert "secretword" not in str(caught.value)


def test_a_private_host_may_be_told_without_encryption() -> None:
    assert Logins.parse("http://ed:pw@cms.lan", Reach(frozenset({"cms.lan"}))).of("http://cms.lan/x")
