"""Stories that mean harm: each is refused, or shown as the text that it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from recommender.service.settings import ServiceSettings
from recommender.story.story import Limits
from recommender.story.text_safety import markup_in
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive

JSON = {"content-type": "application/json"}
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</aside><h1>",
]
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"  # decoded where it comes in, and dropped for what it says
BIDI = ["\u202eevil", "\u2067open", "\u202dover"]
URLS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/x",
    'https://a.example/" onmouseover="alert(1)',
]
LONG = "x" * 3_000_000  # more than a change of standing may be, less than a story


def _raw(field: str, raw: bytes) -> bytes:
    """Return a story's JSON with bytes in a field that no encoder would write."""
    return b'{"id": "h", "published": "2025-01-01T00:00:00Z", "headline": "h", "%s": "%s"}' % (
        field.encode(),
        raw,
    )


REFUSED: dict[str, Any] = {
    **{
        f"bidi in {f} {n}": story("h", **{f: text})
        for f in ("headline", "deck", "body")
        for n, text in enumerate(BIDI)
    },
    **{
        f"url {f} {n}": story("h", **{f: text})
        for f in ("url", "canonical_url")
        for n, text in enumerate(URLS)
    },
    "picture": story("h", image={"url": "javascript:alert(1)"}),
    "long headline": story("h", headline=LONG),
    "long id": story("x" * 10_000),
    "many tags": story("h", tags=["t"] * 100_000),
    "NUL": story("h", headline="a\x00b"),
    "NUL in the body": story("h", body="a\x00b"),
    "escape": story("h", headline="\x1b[31mred"),
    "id with a line end": story("h\nx"),
    "number for a text": story("h", headline=7),
    "object for a text": story("h", headline={"a": 1}),
    "list for the story": [story("h")],
    "deep extra": story("h", more=eval("[" * 90 + "]" * 90)),
    "huge extra": story("h", more="x" * 1_000_000),
    "far future": story("h", published="9999-12-31T23:59:59Z"),
    "year 0": story("h", published="0000-01-01T00:00:00Z"),
    "no date": story("h", published="tomorrow"),
}
RAW: dict[str, bytes] = {
    "invalid UTF-8": _raw("deck", b"\xff\xfe\xfa"),
    "truncated UTF-8": _raw("deck", b"\xe2\x82"),
    "overlong UTF-8": _raw("deck", b"\xc0\xbc"),
    "surrogate": _raw("deck", b"\\ud800"),
    "UTF-16": '{"id": "h"}'.encode("utf-16"),
    "deep JSON": b'{"id":' * 50_000 + b"1" + b"}" * 50_000,
    "deep list": b"[" * 200_000,
    "NaN": b'{"id": "h", "headline": "h", "published": "2025-01-01T00:00:00Z", "score": NaN}',
    "huge number": b'{"id": "h", "headline": "h", "published": "2025-01-01T00:00:00Z", "n": 1e999}',
    "two objects": b'{"id": "h"}{"id": "i"}',
    "nothing": b"",
    "NUL byte": b"\x00",
}
# Text that looks like harm to a careless page, and is fair in a story.
FAIR = [
    "a < b & c > d",
    "\"'`",
    "{{ 7 * 7 }}",
    "${7*7}",
    "]]>",
    "\u2067\u05d0\u2069",
]
EVIL_BODY = "<script>alert('body')</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    """A service with the limits that it is shipped with."""
    archive = make_archive(
        tmp_path_factory.mktemp("hostile") / "archive", "[service]\nwrites_per_second = 1e6\n"
    )
    key = add_key(archive, "all")
    with Running(archive) as running:
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=running.url, headers=headers, timeout=60) as http:
            yield http
        assert not any("Traceback" in line for line in running.lines)


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(hostile: httpx.Client, case: str) -> None:
    answer = hostile.post("/stories", json=REFUSED[case])
    assert answer.status_code == 422, answer.text
    assert len(answer.content) < 5_000
    assert hostile.get("/stories/h/related").status_code == 404


@pytest.mark.parametrize("text", [*MARKUP, ESCAPED])
def test_markup_is_dropped_from_what_a_page_shows_in_one_place(hostile: httpx.Client, text: str) -> None:
    """What is said stays; no tag does, in no answer and in no block."""
    words = {name: f"{text} {name}" for name in ("headline", "deck", "section")}
    values = story("marked", **words, tags=[f"tag {text}"], image={"caption": f"seen {text}"})
    answer = hostile.post("/stories", json=values)
    if answer.status_code == 422:  # nothing that is said is left of its headline
        assert answer.json()["problem"] == "is missing"
        return
    assert markup_in(answer.text.replace("&lt;", "<")) is None
    hostile.delete("/stories/marked")


@pytest.mark.parametrize("case", RAW)
def test_what_is_no_text_is_refused(hostile: httpx.Client, case: str) -> None:
    assert hostile.post("/stories", content=RAW[case], headers=JSON).status_code == 422
    assert hostile.post("/similar", content=RAW[case], headers=JSON).status_code == 422
    assert hostile.patch("/stories/h", content=RAW[case], headers=JSON).status_code == 422


EDITS = ("/stories/page/pins/other", "/stories/page/exclusions/other", "/stories/page/freeze")
NAMES = [*MARKUP, *BIDI, "a\x00b", "a\nb", "\x1b[31mred", "x" * 201]


@pytest.mark.parametrize("path", EDITS)
@pytest.mark.parametrize("name", [*NAMES, LONG], ids=range(len(NAMES) + 1))
def test_an_editor_without_a_fair_name_does_nothing(hostile: httpx.Client, path: str, name: str) -> None:
    for id in ("page", "other"):
        assert hostile.post("/stories", json=story(id)).is_success
    before = hostile.get("/stories/page/related").json()
    refused = hostile.put(path, json={"by": name})
    assert refused.status_code == (413 if name is LONG else 422)
    assert len(refused.content) < 5_000
    assert hostile.get("/stories/page/related").json() == before


@pytest.mark.parametrize("path", EDITS)
@pytest.mark.parametrize("case", [case for case, raw in RAW.items() if raw])
def test_an_edit_that_is_no_json_is_refused(hostile: httpx.Client, path: str, case: str) -> None:
    assert hostile.put(path, content=RAW[case], headers=JSON).status_code == 422


def test_more_than_the_limit_is_refused(hostile: httpx.Client) -> None:
    body = b'{"id": "' + b"x" * ServiceSettings().max_request + b'"}'
    assert hostile.post("/stories", content=body, headers=JSON).status_code == 413


@pytest.mark.parametrize("more", ["w", '\\"', "[],"])
def test_one_story_is_shorter_than_many_may_be(hostile: httpx.Client, more: str) -> None:
    most, fair = ServiceSettings().max_story, f"fair-{ord(more[0])}"
    text = more * (most // len(more) + 1)
    body = f'{{"id": "h", "y": {"[" + text + "0]" if "[" in more else json.dumps(text)}}}'.encode()
    answer = hostile.post("/stories", content=body, headers=JSON)
    assert answer.status_code == 413
    assert f"more than {most:,} bytes" in answer.json()["detail"]
    assert "max_story" in answer.json()["detail"]
    lines = body + b"\n" + json.dumps(story(fair)).encode()
    told = hostile.post("/stories", content=lines, headers={"content-type": "application/x-ndjson"}).json()
    assert [one["id"] for one in told["stories"]] == [fair]
    (refused,) = told["refused"]
    assert f"more than {most:,}" in refused["problem"]
    assert "max_story" in refused["way_out"]
    assert hostile.delete(f"/stories/{fair}").is_success


def test_the_longest_story_is_let_in(hostile: httpx.Client) -> None:
    body = story("longest", body="A ferry ran aground. " * (Limits().body // 21))
    assert hostile.post("/stories", json=body).is_success
    assert hostile.delete("/stories/longest").is_success


def test_every_line_of_it_is_refused_at_once(hostile: httpx.Client) -> None:
    lines = [line.replace(b"\n", b" ") for case, line in RAW.items() if line and case != "UTF-16"]
    answer = hostile.post(
        "/stories", content=b"\n".join(lines), headers={"content-type": "application/jsonl"}
    )
    assert answer.status_code == 200
    assert answer.json()["stories"] == []
    assert len(answer.json()["refused"]) == len(lines)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read_harmless(html: str) -> _Page:
    """Read a page, and check that it holds nothing that a browser would act on."""
    page = _Page()
    page.feed(html)
    assert page.tags.isdisjoint({"script", "svg", "h1", "iframe", "object"})
    assert not {name for name in page.attributes if name.startswith("on")}
    return page


@pytest.mark.parametrize("text", [*MARKUP, *BIDI, "a\x00b", "x" * 200_001, *FAIR])
def test_a_text_that_is_asked_about_is_refused_or_answered_without_harm(
    hostile: httpx.Client, text: str
) -> None:
    assert hostile.post("/stories", json=story("page")).is_success
    answer = hostile.post("/similar", json={"text": f"ferry {text}"}, headers={"accept": "text/html"})
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/html")
        read_harmless(answer.text)


@pytest.mark.parametrize("text", FAIR)
def test_fair_text_reaches_a_page_as_text(hostile: httpx.Client, text: str) -> None:
    assert hostile.post("/stories", json=story("page")).is_success
    shown = story("shown", day=2, headline=f"ferry {text}", deck=text, section=text, body=f"boat {EVIL_BODY}")
    shown |= {
        "url": 'https://a.example/"><script>',
        "authors": [text],
        "updated": datetime.now(UTC).isoformat(),
    }
    shown |= {"image": {"url": "https://a.example/i.jpg?a='1'&b=2", "caption": text}}
    assert hostile.post("/stories", json=shown).is_success
    html = hostile.get("/stories/page/related", headers={"accept": "text/html"})
    page = read_harmless(html.text)
    assert f"ferry {text}" in page.text
    assert "alert('body')" not in html.text
    assert html.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in html.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    ["/%3Cscript%3E", "/stories/%3Cscript%3Ealert(1)%3C%2Fscript%3E/related", "/related?url=%3Cscript%3E"],
)
def test_an_answer_that_repeats_what_was_sent_is_no_page(hostile: httpx.Client, path: str) -> None:
    answer = hostile.get(path, headers={"accept": "text/html"})
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "target",
    ["/stories/%2e%2e/related", "/stories/%c0%ae/related", "/stories//related", "//", "/stories/%zz/related"],
)
def test_a_path_that_means_harm_is_refused(hostile: httpx.Client, target: str) -> None:
    assert 400 <= hostile.get(target).status_code < 500
