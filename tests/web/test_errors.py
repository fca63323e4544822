"""What an error shows of an address."""

from __future__ import annotations

from recommender.web.errors import WebError, without_secrets


def test_no_key_is_shown() -> None:
    error = WebError("https://ed:pw@ghost.example/api?key=abc&page=2", "it is slow", "try again later")
    assert str(error) == "https://ghost.example/api?page=2: it is slow; try again later"


def test_what_is_no_address_is_shown_as_it_is() -> None:
    assert without_secrets("http://[::1") == "http://[::1"
