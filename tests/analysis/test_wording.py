"""Headings, roles and reasons are said in a newsroom's language, and in its own words where it has some."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import cast

import pytest
from babel.messages.pofile import read_po

from recommender.analysis.wording import PLAIN, wording_of
from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.page_style import PageStyle, load_page_style
from recommender.errors import SettingsError
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import Role, why
from recommender.story.story import Story

LANGUAGES = ("bn", "hi", "ar", "pt", "es", "fr", "de", "ru", "zh", "ja")
CATALOGS = {
    name: (resources.files("recommender") / "data" / "locale" / f"{name}.po").read_text("utf-8")
    for name in LANGUAGES
}
MESSAGE = re.compile(r'^msgid "(.+)"\nmsgstr "(.+)"$', re.MULTILINE)
MARK = re.compile(r'"(\w+)" if slot\.\1')
ALIKE = {"fr": {"opinion"}}
"""Words that a language has in common with English."""
DAY = datetime(2024, 5, 1, tzinfo=UTC)
SOURCE = ReaderText("Wall debated", "On Monday the council and Mayor Ann Lee spoke of the Harbour Act.", DAY)
TARGET = ReaderText("A portrait of Ann Lee", "Ann Lee opposed the Harbour Act.", DAY - timedelta(days=30))


def said_in(tree: ast.Module) -> Iterator[str]:
    """Yield what a module gives to `say`, as far as it stands in that module."""
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def texts(node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=name) if name in named:
                yield from texts(named[name])
            case ast.Subscript(value=ast.Name(id=name)):
                yield from (text for value in cast("ast.Dict", named[name]).values for text in texts(value))
            case ast.IfExp(body=first, orelse=second):
                yield from (*texts(first), *texts(second))
            case ast.BinOp(left=left, right=right):
                yield from (before + after for before in texts(left) for after in texts(right))

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called == "say":
                yield from texts(node.args[0])


def test_the_catalogs_hold_all_that_is_said_to_readers_and_nothing_else() -> None:
    package = Path(str(resources.files("recommender")))
    spoken = {
        text
        for file in package.rglob("*.py")
        if "say(" in (code := file.read_text("utf-8"))
        for text in said_in(ast.parse(code))
    }
    marks = {name for file in package.rglob("*.html") for name in MARK.findall(file.read_text("utf-8"))}
    usual = {PageStyle().heading, ", ", "{several} and {last}"}
    assert {"From {year}", "The latest in {section}", "Later in the series: part {part}"} <= spoken
    roles = {role.value for role in Role} - {""}
    assert spoken | marks | roles | usual == dict(MESSAGE.findall(CATALOGS["bn"])).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_left_in_english_or_in_doubt(language: str) -> None:
    catalog = read_po(BytesIO(CATALOGS[language].encode()), abort_invalid=True)
    messages = [one for one in catalog if one.id]
    assert messages
    assert not [one.id for one in messages if one.fuzzy or not one.string]
    said = {
        one.id
        for one in messages
        if one.string == one.id and re.search("[a-z]", re.sub(r"{.*?}", "", one.id))
    }
    assert said <= ALIKE.get(language, set())


@pytest.mark.parametrize(
    "name", ["block.html", "parts.html", "amp.html", "newsletter.html", "newsletter-text.txt"]
)
def test_templates_of_readers_hold_no_words_of_their_own(name: str) -> None:
    text = (resources.files("recommender") / "templates" / name).read_text("utf-8")
    plain = re.sub(r"(?s){#.*?#}|{%.*?%}|{{.*?}}|<style.*?</style>|<!--.*?-->|<[^>]*>", " ", text)
    assert set(re.findall(r"[A-Za-z]{2,}", plain)) <= {"lang", "score"}  # an attribute; what editors see


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_catalog_says_every_message_with_all_of_its_values(language: str) -> None:
    messages = dict(MESSAGE.findall(CATALOGS[language]))
    assert messages.keys() == dict(MESSAGE.findall(CATALOGS["bn"])).keys()
    assert {role.value for role in Role} - {""} <= messages.keys()
    for message, said in messages.items():
        assert re.findall(r"\{\w+\}", message) == re.findall(r"\{\w+\}", said)


def test_reasons_and_lists_are_said_in_a_language() -> None:
    assert why(SOURCE, TARGET, {}, lambda _: 4.0).reasons == (
        "The background on Ann Lee",
        "Both name Ann Lee and Harbour Act",
    )
    said = why(SOURCE, TARGET, {}, lambda _: 4.0, say=wording_of("de-AT")).reasons
    assert said == ("Der Hintergrund zu Ann Lee", "Beide nennen Ann Lee und Harbour Act")
    assert wording_of("ja").listed(["A", "B", "C"]) == "A、BとC"
    assert PLAIN.listed(["A", "B", "C"]) == "A, B and C"


def test_a_right_to_left_language_sets_apart_what_it_names_and_its_block_runs_so() -> None:
    say = wording_of("ar")
    assert say("On {thing}", thing="NASA") == "عن \u2068NASA\u2069"
    assert (say.right_to_left, wording_of("bn").right_to_left) == (True, False)
    provenance = Provenance(model="m", weights="w", generation=1, ranker="r", settings="s", time=DAY)
    story = Story(id="a", headline="خبر", published=DAY, url="https://a.example/")
    slots = (Slot(position=1, story=story, score=0.5),)
    for language, way in (("ar", ' dir="rtl"'), ("en", "")):
        look = PageStyle(language=language)
        html = Block(id="x", headline="x", slots=slots, provenance=provenance, look=look).to_html()
        assert f'<aside class="related-stories" lang="{language}"{way} aria-label=' in html


def test_a_language_without_a_catalog_and_english_are_plain() -> None:
    for tag in ("en-GB", "en", "sw"):
        assert wording_of(tag)("Explains {thing}", thing="{x}") == "Explains {x}"
        assert wording_of(tag).version == PLAIN.version == ""
    assert wording_of("bn").version != wording_of("hi").version != ""


def test_a_newsroom_may_use_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "ours.po").write_text('msgid "RELATED STORIES"\nmsgstr "READ ON"\n')
    (tmp_path / "related.toml").write_text('[page]\nlanguage = "bn"\nwords = "ours.po"\n')
    look = load_page_style(tmp_path, "", {})
    assert look.heading == "READ ON"
    assert look.say("background") == "প্রেক্ষাপট"
    assert load_page_style(tmp_path, "", {"RELATED_PAGE_WORDS": ""}).heading == "সম্পর্কিত খবর"
    assert load_page_style(tmp_path, "", {"RELATED_PAGE_HEADING": "More"}).heading == "More"


@pytest.mark.parametrize("text", ['msgid "On {thing}"\nmsgstr "On {place}"\n', "no catalog", None])
def test_words_that_cannot_be_said_are_refused(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ours.po"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=r"ours\.po"):
        _ = replace(PageStyle(), words=str(file)).say
