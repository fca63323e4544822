"""What is no address is refused in our words: the drivers' show parts of it, and so of a password."""

from __future__ import annotations

import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import IndexInputError, open_index
from recommender.archive.index_settings import IndexSettings
from recommender.catalog.backends.postgres_address import PostgresAddress
from recommender.errors import SettingsError

SECRET = "S3cretWord"
BROKEN = [
    f"postgres:/u:{SECRET}@h/db",
    f"postgresql://u:{SECRET} x@h:54x32/db",
    f"postgresql://u:p%ZZ{SECRET}@h/db",
    f"http://u:{SECRET}@h:99999999",
    f"http://u:pass/{SECRET}@h:19530",
    f"http://[u:{SECRET}@h",
    f"postgresql://u@h/db?{SECRET}",
    f"postgresql://u:first@{SECRET}@h/db",
]


def refusal(engine: str, url: str) -> str:
    try:
        open_index(engine, 4, (), url=url, publisher="news")
    except IndexInputError as error:
        return "".join(traceback.format_exception(error))
    return ""


@pytest.mark.parametrize("engine", ["pgvector", "milvus"])
@pytest.mark.parametrize("url", BROKEN)
def test_no_refusal_shows_a_part_of_the_address(engine: str, url: str) -> None:
    assert SECRET not in refusal(engine, url)


@pytest.mark.parametrize("port", ["99999999", "54x32", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert "not a Milvus URL; give http://" in refusal("milvus", f"http://milvus.example:{port}")


@settings(max_examples=100)
@given(st.text(alphabet=":/@%[]?# =x", max_size=20))
def test_whatever_stands_in_a_password_it_is_not_shown(around: str) -> None:
    for engine, scheme in (("pgvector", "postgres"), ("milvus", "http")):
        assert SECRET not in refusal(engine, f"{scheme}:/{around}{SECRET}@h:x/db")


def test_a_password_with_an_at_sign_is_not_taken_for_a_host() -> None:
    with pytest.raises(SettingsError, match="write %40") as refused:
        PostgresAddress.of(f"postgresql://u:first@{SECRET}@h/db")
    assert SECRET not in str(refused.value)


def test_settings_show_no_address() -> None:
    assert SECRET not in repr(IndexSettings(engine="pgvector", url=f"postgresql://u:{SECRET}@h/db"))
