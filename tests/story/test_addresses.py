"""One page has one key however its address is spelt, and two pages have two."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SettingsError
from recommender.story.addresses import AddressRules, normal_url, reference

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
    host += draw(st.sampled_from(["", "."]))
    port = draw(st.sampled_from(["", ":443" if scheme.lower() == "https://" else ":80"]))
    write = draw(
        st.sampled_from([quote, lambda text: quote(text).lower() if "%" in quote(text) else text, str])
    )
    path = "".join(f"/{write(segment) if '%' not in segment else quote(segment)}" for segment in segments)
    path += draw(st.sampled_from(["", "/", "//", "/./", "/amp", "/amp/", "/index.html", "/Default.aspx"]))
    pairs = [f"{name}={value}" for name, value in parameters.items()] + draw(st.lists(TRACKING, max_size=2))
    pairs = draw(st.permutations(pairs))
    fragment = draw(st.sampled_from(["", "#top", "#:~:text=catch", "#!", "#!/"]))
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
        "https://news.example//2024//hilsa-catch",
        "https://news.example/2024/hilsa%2Dcatch?UTM%5FSource=x",
        "https://news.example/2024/hilsa-catch?fbclid=1&#038;utm_source=2",
        "https://news.example/2024/hilsa-catch/Index.HTM",
        "https://news.example/2024/hilsa-catch/default.aspx",
        "https://news.example/2024/hilsa-catch;PHPSESSID=3?_amp=true",
        "https://desk@news.example:/2024/hilsa-catch",
        "HTTP://NEWS.EXAMPLE:0080/2024/hilsa-catch#!",
        "\ufeffhttps://news.example/2024/hilsa-catch\u200b",
        "https://news\u3002example/2024/hilsa-catch",
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
        "https://news.example/2024/hilsa-catch#!/2",
        "https://news.example/2024/hilsa-catch#!comments",
        "https://news.example/2024/hilsa-catch.",
        "https://news.example/2024/hilsa-catch?ref=17",
        "https://news.example:444/2024/hilsa-catch",
    ],
)
def test_another_page(other: str) -> None:
    assert normal_url(other) != PAGE


def test_names_in_two_scripts_are_one_host() -> None:
    assert normal_url("https://bücher.example/") == normal_url("https://xn--bcher-kva.example")


def test_a_letter_and_its_parts_are_one() -> None:
    assert normal_url(f"{PAGE}/caf\u00e9") == normal_url(f"{PAGE}/cafe\u0301") == f"{PAGE}/caf%C3%A9"


RULES = AddressRules.of(
    "old.example=news.example, bücher.example = www.news.example", "Ref, from", "amp", "/print, .amp"
)


@given(st.data(), st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["", "amp=2"]))
def test_all_spellings_of_a_page_have_one_key_by_an_archives_own_rules(
    data: st.DataObject, segments: list[str], chosen: str
) -> None:
    hosts = [
        "news.example",
        "m.old.example",
        "OLD.example.",
        "bücher.example",
        "www.xn--bcher-kva.example:443",
    ]
    host = data.draw(st.sampled_from(hosts))
    end = data.draw(st.sampled_from(["", "/", "/print", "/print/", ".amp", "/print.amp", "/amp/print"]))
    dropped = data.draw(st.lists(st.sampled_from(["ref=1", "REF=2", "from=x", "utm_id=3"]), max_size=3))
    pairs = "&".join(data.draw(st.permutations([*dropped, *([chosen] if chosen else [])])))
    key = f"https://news.example/{'/'.join(segments)}" + (f"?{chosen}" if chosen else "")
    spelt = f"https://{host}/{'/'.join(segments)}{end}{'?' if pairs else ''}{pairs}"
    assert normal_url(spelt, rules=RULES) == key == normal_url(key, rules=RULES)


@given(st.text(max_size=60) | st.text(max_size=60).map("https://old.example/{}".format))
def test_the_key_of_a_key_is_itself_by_an_archives_own_rules(text: str) -> None:
    once = normal_url(text, rules=RULES)
    assert normal_url(once, rules=RULES) == once


def test_a_host_that_is_one_already_may_be_named() -> None:
    assert AddressRules.of("amp.news.example=news.example", "", "", "") == AddressRules()


@pytest.mark.parametrize(
    ("setting", "value", "way_out"),
    [
        ("hosts", "old.example", "give pairs such as old.example=news.example"),
        ("hosts", "https://old.example=news.example", "give pairs"),
        ("hosts", "old.example=old.example", "give pairs"),
        ("hosts", "old.example:8080=news.example", "give pairs"),
        ("hosts", "a.example=b.example, b.example=c.example", "name the last"),
        ("hosts", "a.example=b.example, A.example=c.example", "name each old host once"),
        ("drop", "a=b", "give names of query parameters"),
        ("drop", "?ref", "give names of query parameters"),
        ("keep", "two words", "give names of query parameters"),
        ("endings", "print", "give ends of a path"),
        ("endings", "/", "give ends of a path"),
        ("endings", "/a?b", "give ends of a path"),
    ],
)
def test_a_rule_that_cannot_be_is_told(setting: str, value: str, way_out: str) -> None:
    given = dict.fromkeys(("hosts", "drop", "keep", "endings"), "") | {setting: value}
    with pytest.raises(SettingsError, match=f"setting address_{setting} is .*{way_out}"):
        AddressRules.of(**given)


def test_a_parameter_that_is_kept_and_dropped_is_told() -> None:
    with pytest.raises(SettingsError, match="setting address_keep is 'ref'; it is in address_drop, too"):
        AddressRules.of("", "ref", "ref", "")
