"""The report is one whole page: all blocks are in it, and nothing that a story says becomes markup."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from recommender.errors import ExtraMissingError
from recommender.evaluation import Evaluation, evaluate
from recommender.evaluation.exhibits import EACH_END
from tests.arrays import EMBEDDER, START, story

VOID = {"meta", "br", "hr", "img", "link", "input"}
EVIL = '<script>alert(1)</script> & "quotes" <b>bold'
STORIES = [
    story(
        number,
        published=START + timedelta(days=9 * number),
        tags=(f"tag {number % 4}",),
        section=("City", "World")[number % 2],
    )
    for number in range(64)
]
STORIES[24] = replace(STORIES[24], url='https://example.org/?a=1&b="2')
LINKS = [(number, number - 4) for number in range(8, 64)]


class Page(HTMLParser):
    """Reads a page strictly: every element is closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    directory = tmp_path_factory.mktemp("case")
    (directory / "stories").write_text("\n".join(json.dumps(one.to_json()) for one in STORIES))
    rows = [{"source": f"s{source}", "target": f"s{target}"} for source, target in LINKS]
    (directory / "links").write_text("\n".join(map(json.dumps, rows)))
    return evaluate(directory / "stories", directory / "links", embedder=EMBEDDER, ablation=True)


def spoiled(result: Evaluation) -> Evaluation:
    """Return a measurement whose stories hold what reading a file would have refused."""
    first, *others = result.exhibits.best
    bad = replace(first.story, headline=EVIL, tags=(EVIL,), url="javascript:alert(2)")
    slots = tuple(replace(slot, story=bad) for slot in first.slots)
    best = (replace(first, story=bad, slots=slots), *others)
    rows = {EVIL: next(iter(result.per_year.rows.values()))}
    return replace(
        result, exhibits=replace(result.exhibits, best=best), per_tag=replace(result.per_tag, rows=rows)
    )


@pytest.fixture(scope="module")
def text(result: Evaluation) -> str:
    return spoiled(result).to_html("a <b>subject")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_the_best_and_the_worst_are_there(page: Page) -> None:
    assert len([one for one in page.all("article") if one.get("class") == "pair"]) == 2 * EACH_END
    assert {"best", "worst"} <= {one.get("id") for one in page.all("section")}


def test_what_was_measured_is_there(page: Page, result: Evaluation) -> None:
    shown = {word.strip() for word in page.words}
    for table in (
        "nDCG@5 by year",
        "nDCG@5 by section",
        "city",
        "Paired differences of nDCG@5",
        *result.systems,
        *result.per_year.rows,
    ):
        assert table in shown
    for name, figures in result.systems.items():
        assert any(f"{figures['mrr']:.3f}".lstrip("0") == word for word in shown), name
    assert {"all of TEXT", "neighbour_links", "gap_prior"} <= shown


def test_a_curve_for_each_question(page: Page) -> None:
    # Bars, recall, reliability, exposure, and what features are worth without links and with them.
    assert len(page.all("figure")) == len(page.all("svg")) == 6
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert all(one["href"][1:] in ids for one in page.all("a") if (one["href"] or "").startswith("#"))


def test_nothing_a_story_says_is_markup(page: Page, text: str) -> None:
    assert page.all("script") == []
    assert len(page.all("b")) == len(page.all("dd"))
    # A headline, a tag, up to five slots, and a row of a table.
    assert [word.strip() for word in page.words].count(EVIL) >= 4
    assert "a <b>subject" in page.words
    assert "alert(2)" not in text


def test_links_go_to_the_web_alone_and_nothing_is_loaded(page: Page) -> None:
    targets = {one["href"] for one in page.all("a")}
    assert 'https://example.org/?a=1&b="2' in targets
    assert all(target and target.startswith(("#", "https://", "http://")) for target in targets)
    assert page.all("img") == page.all("link") == page.all("iframe") == []
    assert not any("src" in attributes for _, attributes in page.tags)


def test_without_matplotlib_the_way_out_is_told(result: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r"pip install 'related-stories\[report\]'"):
        result.to_html()


def test_only_the_report_reads_matplotlib() -> None:
    code = (
        "import sys, recommender, recommender.cli, recommender.evaluation; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_the_page_is_the_same_twice(result: Evaluation, text: str) -> None:
    assert spoiled(result).to_html("a <b>subject") == text
