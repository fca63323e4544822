"""What other packages say in English is said in the language of who reads it: errors, notes, figures."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import recommender
from recommender.desk import audit, elsewhere
from recommender.desk.roles import Role
from recommender.desk.wording import languages, words_of
from recommender.newsroom import Newsroom
from recommender.newsroom.events import EditorAct
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.story.story import Story
from tests.desk.conftest import Browser, Office
from tests.fakes import HashEmbedder

PACKAGE = Path(recommender.__file__).parent
VALUE = re.compile(r"%\(\w+\)s")
ASKED = (
    *("newsroom/bulk.py", "newsroom/comparing.py", "newsroom/settings_choice.py", "newsroom/threads.py"),
    *("newsroom/answer_context.py", "desk/map_page.py", "desk/signing_in.py", "desk/app.py"),
)
"""Modules whose errors an editor can cause on a page."""
NOT_ON_A_PAGE = (
    "least is \0; give a whole number from 1 up",  # the page checks it before
    "\0 is none of the settings to choose; those are \0",  # of a form that is not ours
    "no block would be changed; choose another day, or another change",  # the page shows the plan again
    "there is no comparison \0; list them first",  # ended by its number over HTTP alone
)


def texts_of(path: Path) -> set[str]:
    """Return the texts in a module, with a zero for what is filled in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "\0" for part in node.values)
            found.add("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def plain(message: str) -> str:
    return VALUE.sub("\0", message)


def test_each_message_is_said_somewhere_in_these_words() -> None:
    texts = {
        numberless(text)
        for path in PACKAGE.rglob("*.py")
        if path.name != "elsewhere.py"
        for text in texts_of(path)
    }
    together = "\n".join(texts)
    lost = [each for each in elsewhere.KNOWN if numberless(plain(each)) not in together]
    parts = {each: re.split("\0|: | until |; ", numberless(plain(each))) for each in lost}
    assert [each for each in lost if not all(part in together for part in parts[each])] == []


def numberless(text: str) -> str:
    return re.sub(r"\d[\d,.]*", "\0", text)


@pytest.mark.parametrize("name", ASKED)
def test_each_error_that_an_editor_can_cause_is_known(name: str) -> None:
    known = [plain(each) for each in elsewhere.KNOWN]
    for node in ast.walk(ast.parse((PACKAGE / name).read_text("utf-8"))):
        is_error = isinstance(node, ast.Call) and re.fullmatch(
            "(Edit|Conflict|NotFound|Question)Error|Problem",
            getattr(node.func, "id", getattr(node.func, "attr", "")),
        )
        if not is_error:
            continue
        texts = [each for each in map(said_by, node.args) if " " in each and not each.startswith("related ")]
        for text in texts:
            alike = [
                each for each in known if re.fullmatch(re.escape(each).replace("\0", ".+"), text, re.DOTALL)
            ]
            assert alike or text in NOT_ON_A_PAGE, text


def said_by(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return ""


@pytest.mark.parametrize(
    ("text", "message", "values"),
    [
        ("act 3 was taken back by act 14", "act %(num)s was taken back by act %(other)s", ["3", "14"]),
        ("Sports: pin", "%(name)s: %(done)s", ["Sports", "pin"]),
        ("Sports: something of theirs", "Sports: something of theirs", []),
        ("night, act 3 on many: redo", "%(name)s, act %(num)s on many: %(done)s", ["night", "3", "redo"]),
        ("most of a story", "most of a story", []),
        ("2 of 5", "%(count)s of %(slots)s", ["2", "5"]),
        ("setting slots is 0; give a whole number from 1 up",) * 2 + ([],),
    ],
)
def test_values_are_found_again(text: str, message: str, values: list[str]) -> None:
    if message == text and values == [] and text.startswith("setting"):
        message, values = "setting %(name)s is %(value)s; give a whole number from 1 up", ["slots", "0"]
    assert elsewhere.recovered(text) == (
        message,
        dict(zip(re.findall(r"\((\w+)\)", message), values, strict=True)),
    )


def test_what_is_filled_in_is_inert_and_kept_apart() -> None:
    told = elsewhere.said(
        "no story '<b>x</b>' in this archive; publish it first, or find its id", words_of("bn")
    )
    assert "<bdi>&#39;&lt;b&gt;x&lt;/b&gt;&#39;</bdi>" in told
    assert "আর্কাইভে" in told


def test_what_is_not_known_is_marked_as_english() -> None:
    assert elsewhere.said("the disk <is> full", words_of("ar")) == (
        '<span lang="en" dir="ltr">the disk &lt;is&gt; full</span>'
    )
    assert elsewhere.said("the disk is full", words_of("en")) == "the disk is full"


@pytest.mark.parametrize("key", languages())
def test_what_is_known_is_not_marked_as_english_even_where_both_are_written_alike(key: str) -> None:
    words, marked = words_of(key), []
    for message in elsewhere.KNOWN:
        text = VALUE.sub("3", message.replace("%(done)s", "pin"))
        if "lang=" in elsewhere.said(text, words):
            marked.append(text)
    assert marked == []


@pytest.mark.parametrize("key", ["ar", "de", "fr"])
def test_why_a_block_changed_is_said_in_words(key: str) -> None:
    said = elsewhere.said("Sports: pin", words_of(key))
    assert "<bdi>Sports</bdi>" in said
    assert words_of(key)("pin") in said


def test_a_long_text_is_not_searched() -> None:
    assert elsewhere.recovered("setting " * 1000) == ("setting " * 1000, {})


def test_every_act_on_a_block_has_a_name_in_the_audit_log() -> None:
    assert {f"block.{act}" for act in EditorAct} <= audit.ACTS.keys()
    assert {act.partition(".")[0] for act in audit.ACTS} == audit.KINDS.keys()


class _Said(HTMLParser):
    """Collects a page's text that is not marked as another language, as code, or as what others wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("meta", "link", "input", "img", "br", "hr", "rect", "line", "circle", "polyline"):
            return
        given = dict(attrs)
        apart = tag in ("bdi", "code", "kbd", "script", "style", "datalist")
        other = given.get("lang") not in (None, "bn", "en")  # what is marked as English was left untold
        self.open.append(apart or other)

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.open):
            self.said.append(data)


ENGLISH = "[A-Za-z]{2,}(?:[ ,;:]+[A-Za-z]{2,})+"


def english_in(html: str) -> list[str]:
    """Return what looks like English: two words of Latin letters or more, one after the other."""
    page = _Said()
    page.feed(html)
    return [found for text in page.said for found in re.findall(ENGLISH, text) if found != "related map"]


def bangla(n: int) -> Story:
    fields = {
        "id": f"b{n}", "url": f"https://news.example/b{n}", "language": "bn", "section": "দেশ", 
        "headline": f"ভোলায় ফেরি ডুবে যাত্রী উদ্ধার {n}", "body": f"নদী উদ্ধার যাত্রী নৌকা চ্যানেল {n} " * 8,
        "published": f"2025-01-{n + 1:02}T09:00:00Z",
    }  # fmt: skip
    return Story.from_json(fields)


@pytest.fixture(scope="module")
def bangla_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    path = tmp_path_factory.mktemp("bangla") / "archive"
    clock = lambda: 1_740_000_000.0  # noqa: E731
    Newsroom.create(path, embedder=HashEmbedder(), clock=clock).close()
    (path / "related.toml").write_text('least_score = 0\n[page]\nlanguage = "bn"\n')
    newsroom = Newsroom.open(path, embedder=HashEmbedder(), clock=clock)
    for n in range(8):
        newsroom.publish(bangla(n))
    office = Office(newsroom, Service(newsroom, ServiceSettings(beacon=True), clock), clock)  # type: ignore[arg-type]
    newsroom.pin("b3", "b1", 1, "ডেস্ক")
    newsroom.undo(newsroom.exclude("b3", "b2", "ডেস্ক").event, "ডেস্ক")
    newsroom.settings_desk.put_back(newsroom.settings_desk.choose({"slots": 4}, "ডেস্ক").num, "ডেস্ক")
    newsroom.comparison_desk.start({"recency": 1}, "ডেস্ক")
    return office


LOOKS = (
    *("/desk", "/desk?q=ফেরি", "/desk?since=x", "/desk?language=!", "/desk?status=hidden&page=9"),
    *("/desk/attention", "/desk/bulk", "/desk/bulk?kind=approve&day=2025-01-04", "/desk/bulk?kind=burn"),
    *("/desk/bulk?kind=approve&day=soon", "/desk/bulk?kind=undo&act=77", "/desk/bulk?kind=put+back&change=9"),
    *("/desk/bulk/77", "/desk/stories/b3", "/desk/stories/b3?act=exclude&target=b1", "/desk/stories/none"),
    *("/desk/stories/b3?act=pin&target=b4&position=1", "/desk/stories/b3?act=pin&target=b4&position=99"),
    *("/desk/stories/b3?act=pin&target=none&position=1", "/desk/stories/b3?act=undo&events=99"),
    *("/desk/stories/b3?act=dance&target=b1", "/desk/stories/b3?act=freeze", "/desk/stories/b3?find=নদী"),
    *("/desk/draft", "/desk/threads", "/desk/threads?at=x", "/desk/threads?least=x", "/desk/threads/none"),
    *("/desk/map", "/desk/map?cluster=x", "/desk/map/points", "/desk/quality", "/desk/what-if"),
    *("/desk/what-if?recency=1", "/desk/what-if?slots=0", "/desk/what-if?recency=9", "/desk/what-if?slots=x"),
    *("/desk/what-if?slots=99", "/desk/what-if?story=none", "/desk/rating", "/desk/clicks", "/desk/audit"),
    *("/desk/nowhere", "/desk/sign-in", "/sidebar"),
)


@pytest.mark.parametrize("path", LOOKS)
def test_no_english_is_left_on_a_page(bangla_office: Office, path: str) -> None:
    browser = bangla_office.signed_in("প্রধান", Role.ADMIN)
    page = browser.whole(path, **{"accept-language": "bn"})
    assert english_in(page.text) == []


def refused(browser: Browser, path: str, **fields: str) -> str:
    page = browser.http.post(path, data=fields | {"token": token(browser)}, headers={"accept-language": "bn"})
    assert page.status_code >= 400, page.headers
    return page.text


def token(browser: Browser) -> str:
    found = re.search(r'name="token" value="(\w+)"', browser.get("/desk").text)
    return found[1] if found else ""


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/desk/what-if", {"act": "save", "slots": "3", "after": "2"}),  # while a comparison runs
        ("/desk/what-if", {"act": "compare", "recency": "2"}),
        ("/desk/what-if", {"act": "save", "slots": "0", "after": "2"}),
        ("/desk/what-if", {"act": "save", "slots": "2", "note": "x" * 501}),
        ("/desk/what-if", {"act": "put-back", "num": "77"}),
        ("/desk/what-if", {"act": "put-back", "num": "x"}),
        ("/desk/draft", {"body": "..."}),
        ("/desk/draft", {"headline": "\u202eনদী", "body": "নদী"}),
        ("/desk/draft", {"headline": "ন" * 5000, "body": "নদী"}),
        ("/desk/rating", {"act": "dance"}),
        ("/desk/rating", {"act": "save", "source": "b1"}),
        ("/desk/stories/b3", {"act": "undo", "events": "99"}),
        ("/desk/bulk", {"kind": "approve", "day": "2025-01-04", "version": "old"}),
        ("/desk/sign-in", {"name": "কেউ", "password": "x"}),
    ],
)
def test_no_english_is_left_on_what_refuses_a_form(
    bangla_office: Office, path: str, fields: dict[str, str]
) -> None:
    browser = bangla_office.signed_in("প্রধান", Role.ADMIN)
    assert english_in(refused(browser, path, **fields)) == []


def test_who_may_not_is_told_in_their_language(bangla_office: Office) -> None:
    reader = bangla_office.signed_in("পাঠক", Role.READER)
    assert english_in(refused(reader, "/desk/what-if", act="save", slots="3")) == []
    forged = reader.http.post("/desk/draft", data={"token": "x"}, headers={"accept-language": "bn"})
    assert forged.status_code == 403
    assert english_in(forged.text) == []
