"""The desk speaks its reader's language: each word of a template is in every catalog, or listed here."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import recommender
from recommender.desk.wording import COOKIE, languages, words_of
from recommender.newsroom import Newsroom
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from tests.desk.conftest import Office, text_of

PACKAGE = Path(recommender.__file__).parent
TEMPLATES = PACKAGE / "desk" / "templates"
SPOKEN = [key for key in languages() if key != "en"]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "words": None}
NAMED = re.compile(r"%\(\w+\)s")
VALUE = re.compile(r"%(?!\(\w+\)s)")


def extracted() -> set[str | tuple[str, ...]]:
    """Return all messages that pybabel finds in the desk."""
    methods = [("templates/**.html", "jinja2"), ("**.py", "python")]
    options = {"templates/**.html": {"extensions": "jinja2.ext.i18n", "silent": "false"}}
    found = extract_from_dir(
        PACKAGE / "desk", methods, options, keywords=KEYWORDS, directory_filter=lambda _: True
    )  # type: ignore[arg-type]
    return {message for _, _, message, _, _ in found}


def messages(language: str) -> list[Message]:
    file = PACKAGE / "data" / "locale" / "desk" / f"{language}.po"
    return [each for each in read_po(BytesIO(file.read_bytes()), abort_invalid=True) if each.id]


@pytest.mark.parametrize("language", SPOKEN)
def test_a_catalog_says_every_message_of_the_desk_and_no_other(language: str) -> None:
    found = messages(language)
    assert {each.id if isinstance(each.id, str) else tuple(each.id) for each in found} == extracted()
    for each in found:
        said = [each.string] if isinstance(each.string, str) else list(each.string)
        assert all(said), each.id
        assert not each.fuzzy
        wanted = each.id if isinstance(each.id, str) else each.id[0]
        assert sorted(NAMED.findall(said[-1])) == sorted(NAMED.findall(wanted))
        for one in said:
            assert {*NAMED.findall(one)} <= {*NAMED.findall(wanted)}
            assert not re.search("[<>&]", one), one
            assert not VALUE.search(one), one


@pytest.mark.parametrize("name", sorted(file.name for file in TEMPLATES.glob("*.html")))
def test_no_words_of_a_template_escape_extraction(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    silent = re.sub(r"(?s){#.*?#}|{%.*?%}|{{.*?}}", " ", text)
    plain = re.sub(r"(?s)<code>.*?</code>|<[^>]*>", " ", silent)
    attributes = re.findall(r'\s(?:aria-label|title|placeholder|alt)="([^"]*)"', silent)
    words = re.findall(r"[A-Za-z]{2,}", " ".join([plain, *attributes]))
    assert not words


def test_the_browser_says_the_language_and_what_was_chosen_counts_before_it(shared_office: Office) -> None:
    browser = shared_office.signed_in()
    page = browser.get("/desk", **{"accept-language": "xx, de;q=0.4, ar-EG;q=0.9, fr;q=0"})
    assert '<html lang="ar" dir="rtl">' in page.text
    assert "المقالات" in text_of(page)
    assert re.search(r'<a href="/desk/stories/[^"]+" dir="auto">', page.text)  # a headline goes its own way
    assert (
        '<html lang="en" dir="ltr">'
        in browser.get("/desk", **{"accept-language": "xx, en;q=0.5, ar;q=0.1"}).text
    )
    came = {"referer": "http://desk.example/desk/attention?x=1"}
    sent = {"token": re.search(r'name="token" value="(\w+)"', page.text)[1], "language": "bn"}  # type: ignore[index]
    answer = browser.http.post("/desk/language", data=sent, headers=came)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/attention?x=1")
    for broken in ("http://[", "http://[::1", "http://desk.example/\\other.example", ""):
        answer = browser.http.post("/desk/language", data=sent, headers={"referer": broken})
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk"), broken
    later = browser.whole("/desk/attention", **{"accept-language": "ar"})
    assert '<html lang="bn" dir="ltr">' in later.text
    assert "ছোট ব্লক" in text_of(later)
    browser.post("/desk/language", language="../de")
    assert COOKIE not in browser.http.cookies


def test_without_either_the_desk_speaks_the_language_of_the_archives_pages(office: Office) -> None:
    path = office.newsroom.archive.path
    (path / "related.toml").write_text('[page]\nlanguage = "pt-BR"\n')
    office.service.close()
    office.newsroom.close()
    with Newsroom.open(path, embedder=office.newsroom.archive.embedder, clock=office.clock) as newsroom:
        again = Office(newsroom, Service(newsroom, ServiceSettings(), office.clock), office.clock)
        assert '<html lang="pt" dir="ltr">' in again.browser().get("/desk/sign-in").text
        again.service.close()


def test_what_is_counted_is_said_as_the_language_counts() -> None:
    catalog = words_of("ru").catalog
    told = [
        catalog.ngettext("%(num)s block", "%(num)s blocks", number) % {"num": number}
        for number in (1, 3, 5, 21)
    ]
    assert told == ["1 блок", "3 блока", "5 блоков", "21 блок"]


@pytest.mark.parametrize(
    "path",
    [
        "/desk",
        "/desk?q=ferry",
        "/desk/stories/ferry-3",
        "/desk/attention",
        "/desk/draft",
        "/desk/map",
        "/desk/quality",
        "/desk/rating",
        "/desk/clicks",
        "/desk/bulk",
        "/desk/bulk?kind=approve&day=2025-02-03",
        "/desk/what-if?recency=1",
    ],
)
@pytest.mark.parametrize("language", SPOKEN)
def test_a_page_is_whole_in_every_language(shared_office: Office, language: str, path: str) -> None:
    browser = shared_office.signed_in()
    page, plain = (browser.whole(path, **{"accept-language": tag}) for tag in (language, "en"))
    assert page.status_code == 200
    assert "%(" not in page.text
    assert len(re.findall("<a ", page.text)) == len(re.findall("<a ", plain.text))
