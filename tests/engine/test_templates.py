"""A template of the newsroom's own stands in for ours; what is wrong with it is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.engine.page_style import PageStyle, load_page_style
from recommender.engine.templates import version
from recommender.errors import SettingsError
from recommender.export.formats import FORMATS
from tests.export.blocks import TARGET, a_block

TEMPLATES = {
    "html": "block.html",
    "amp": "amp.html",
    "newsletter": "newsletter.html",
    "newsletter-text": "newsletter-text.txt",
    "atom": "atom.xml",
    "rss": "rss.xml",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_each_format_of_markup_has_a_template_that_can_be_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / TEMPLATES[name]).write_text("<b>{{ look.heading }}</b>")
    look = PageStyle(heading="More & more", templates=str(tmp_path))
    escaped = "More & more" if name == "newsletter-text" else "More &amp; more"
    assert FORMATS[name].write(a_block(TARGET, look=look)).strip() == f"<b>{escaped}</b>"


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in TEMPLATES])
def test_every_other_format_can_be_replaced_too(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}{FORMATS[name].ending}").write_text(
        "{{ slots[0].story.headline | tojson }}, {{ story.id }}"
    )
    one = a_block(TARGET, look=PageStyle(templates=str(tmp_path)))
    assert FORMATS[name].write(one) == r'"Rescue ends \u003c 3 days \u0026 more", 17'
    assert FORMATS[name].write(a_block(TARGET)) == FORMATS[name].one(a_block(TARGET))


def test_a_template_may_use_ours_and_what_is_not_replaced_stays(tmp_path: Path) -> None:
    (tmp_path / "block.html").write_text('{% from "parts.html" import linked %}{{ linked(slots[0].story) }}')
    one = a_block(TARGET, look=PageStyle(templates=str(tmp_path)))
    assert one.block.to_html().strip().startswith(f'<a href="{TARGET.url}'.replace("&", "&amp;"))
    assert "<table" in FORMATS["newsletter"].one(one)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{% if %}", "block.html, line 1: Expected an expression"),
        (
            "\n{{ look.headng }}",
            "block.html: 'recommender.engine.page_style.PageStyle object' has no attribute",
        ),
        ('{% include "none.html" %}', "block.html: none.html"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "block.html").write_text(text)
    with pytest.raises(SettingsError) as caught:
        a_block(TARGET, look=PageStyle(templates=str(tmp_path))).block.to_html()
    assert told in str(caught.value)
    assert str(caught.value).endswith("mend it, or take it away")


def test_the_directory_is_named_from_the_archive_on(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "related.toml").write_text('[page]\ntemplates = "mine"\n')
    assert load_page_style(tmp_path, "", {}).templates == str(tmp_path / "mine")
    (tmp_path / "related.toml").write_text('[page]\ntemplates = "none"\n')
    with pytest.raises(SettingsError, match="no directory; make it"):
        load_page_style(tmp_path, "", {})


def test_the_version_changes_with_what_templates_say(tmp_path: Path) -> None:
    look = PageStyle(templates=str(tmp_path))
    versions = {version(PageStyle()), version(look)}
    (tmp_path / "block.html").write_text("a")
    versions.add(version(look))
    (tmp_path / "block.html").write_text("b")
    versions.add(version(look))
    assert len(versions) == 4
