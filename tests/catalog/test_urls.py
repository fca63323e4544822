"""One page has one key however its address is spelt, and two pages have two."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.urls import normal_url, reference

PAGE = "https://news.example/2024/hilsa-catch"
WORDS = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True).filter(
    lambda word: word not in ("amp", "index")
)
SEGMENTS = st.one_of(WORDS, st.sampled_from(["ইলিশ", "bücher", "città", "новости", "a b", "100%"]))
PARAMETERS = st.dictionaries(
    st.sampled_from(["id", "p", "page", "story", "cid", "ref"]), WORDS | st.just(""), max_size=3
)
TRACKING = st.sampled_from(
    [
        "utm_source=x",
        "UTM_Medium=y",
        "fbclid=IwAR0",
        "gclid=1",
        "mc_cid=2",
        "igshid=3",
        "amp",
        "amp=1",
        "PHPSESSID=4",
    ]
)


def joined(segments: list[str], parameters: dict[str, str]) -> str:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return "/".join(["https://news.example", *map(quote, segments)]) + (f"?{query}" if query else "")


@st.composite
def spellings(draw: st.DrawFn, segments: list[str], parameters: dict[str, str]) -> str:
    """Return an address of a page as somebody may write it."""
    scheme = draw(st.sampled_from(["http://", "https://", "HTTPS://"]))
    host = draw(
        st.sampled_from(
            ["news.example", "www.news.example", "m.news.example", "News.Example", "amp.news.example"]
        )
    )
    port = draw(st.sampled_from(["", ":443" if scheme.lower() == "https://" else ":80"]))
    write = draw(
        st.sampled_from([quote, lambda text: quote(text).lower() if "%" in quote(text) else text, str])
    )
    path = "".join(f"/{write(segment) if '%' not in segment else quote(segment)}" for segment in segments)
    path += draw(st.sampled_from(["", "/", "/amp", "/amp/", "/index.html"]))
    pairs = [f"{name}={value}" for name, value in parameters.items()] + draw(st.lists(TRACKING, max_size=2))
    pairs = draw(st.permutations(pairs))
    fragment = draw(st.sampled_from(["", "#top", "#:~:text=catch"]))
    return f"{scheme}{host}{port}{path}{'?' if pairs else ''}{'&'.join(pairs)}{fragment}"


@given(st.data(), st.lists(SEGMENTS, max_size=3), PARAMETERS)
def test_all_spellings_of_a_page_have_one_key(
    data: st.DataObject, segments: list[str], parameters: dict[str, str]
) -> None:
    key = normal_url(joined(segments, parameters))
    spelt = data.draw(spellings(segments, parameters))
    assert normal_url(spelt) == key == normal_url(key)


@given(*[st.tuples(st.lists(SEGMENTS, max_size=3), PARAMETERS)] * 2)
def test_two_pages_have_two_keys(
    one: tuple[list[str], dict[str, str]], other: tuple[list[str], dict[str, str]]
) -> None:
    assert (normal_url(joined(*one)) == normal_url(joined(*other))) == (one == other)


@given(st.text(max_size=60) | st.text(max_size=60).map("https://news.example/{}".format))
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert normal_url(normal_url(text)) == normal_url(text)


@pytest.mark.parametrize(
    "spelt",
    [
        "http://news.example:80/2024/hilsa-catch/",
        "https://www.news.example/2024/%68ilsa-catch?utm_source=x",
        "https://m.news.example/2024/hilsa-catch/amp?fbclid=IwAR0abc",
        "https://news.example/2024/./x/../hilsa-catch#comments",
        "https://news.example/amp/2024/hilsa-catch",
        "https://news.example/2024/hilsa-catch;jsessionid=0A?mc_cid=1&amp;mc_eid=2",
        "https://news.example./2024/hilsa-catch/index.html",
        "//news.example/2024/hilsa-catch",
    ],
)
def test_spellings_of_one_page(spelt: str) -> None:
    assert reference(spelt, None) == PAGE


@pytest.mark.parametrize(
    "other",
    [
        "https://news.example/2024/hilsa-catch?id=17",
        "https://news.example/2024/hilsa-catch?p=12",
        "https://news.example/2024/hilsa-catch?page=2",
        "https://news.example/2024/Hilsa-Catch",
        "https://news.example/2024/hilsa-catches",
        "https://news.example:8080/2024/hilsa-catch",
        "https://sport.news.example/2024/hilsa-catch",
        "https://news.example/2024%2Fhilsa-catch",
    ],
)
def test_another_page(other: str) -> None:
    assert normal_url(other) != PAGE


def test_names_in_two_scripts_are_one_host() -> None:
    assert normal_url("https://bücher.example/") == normal_url("https://xn--bcher-kva.example")


def test_a_letter_and_its_parts_are_one() -> None:
    assert normal_url(f"{PAGE}/caf\u00e9") == normal_url(f"{PAGE}/cafe\u0301") == f"{PAGE}/caf%C3%A9"
