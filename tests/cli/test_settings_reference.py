"""What is said of the settings is one thing: the classes, the documents, a new related.toml, the command."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from recommender.cli.settings_reference import (
    GROUPS,
    SettingsGroup,
    commented,
    effective,
    markdown,
    meanings,
)
from recommender.engine.page_style import PageStyle, load_page_style
from recommender.errors import SettingsError
from recommender.service.settings import ServiceSettings, load_service_settings
from recommender.setting_sources import FILE_NAME
from recommender.settings import Settings, load_settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.kind.__name__)
def test_the_document_has_the_words_of_the_class(group: SettingsGroup) -> None:
    assert markdown(group) in DOCUMENT, f"write this table into docs/settings.md:\n{markdown(group)}"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.kind.__name__)
def test_every_setting_has_a_meaning(group: SettingsGroup) -> None:
    words = meanings(group.kind)
    assert list(words) == [field.name for field in fields(group.kind)]
    assert all(text.endswith(".") and "\n" not in text for text in words.values())


def test_a_new_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(commented(), "utf-8")
    assert tomllib.loads(commented()) == {
        "page": {},
        "service": {},
        "web": {},
        "follow": {},
        "desk": {},
        "threads": {},
        "index": {},
        "catalog": {},
    }
    assert load_settings(tmp_path, {}) == Settings()
    assert load_page_style(tmp_path, "", {}) == PageStyle()
    assert load_service_settings(tmp_path, {}) == ServiceSettings()


def test_a_new_file_without_its_comment_signs_is_the_defaults(tmp_path: Path) -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", commented(), flags=re.MULTILINE)
    (tmp_path / FILE_NAME).write_text(text, "utf-8")
    tables = tomllib.loads(text)
    for group in GROUPS:
        values = tables[group.table] if group.table else tables
        assert {field.name for field in fields(group.kind)} <= set(values)
    assert load_settings(tmp_path, {}) == Settings()
    assert load_page_style(tmp_path, "", {}) == PageStyle()
    assert load_service_settings(tmp_path, {}) == ServiceSettings()


def test_each_setting_says_where_it_was_set(tmp_path: Path) -> None:
    secret = "whsec_" + "A" * 32
    (tmp_path / FILE_NAME).write_text(
        f'zone = "Asia/Dhaka"\nslots = 4\n[service]\nwaiting = 9\nwebhook_secret = "{secret}"\n'
    )
    found = effective(tmp_path, {"RELATED_SLOTS": "3", "RELATED_PAGE_LANGUAGE": "bn"})
    held = {(one.table, one.name): (one.value, one.source) for one in found}
    path = str(tmp_path / FILE_NAME)
    assert held[None, "slots"] == (3, "RELATED_SLOTS")
    assert held[None, "zone"] == ("Asia/Dhaka", path)
    assert held[None, "recent"] == (100, "default")
    assert held["page", "language"] == ("bn", "RELATED_PAGE_LANGUAGE")
    assert held["page", "zone"] == ("Asia/Dhaka", "zone")
    assert held["service", "waiting"] == (9, path)
    assert held["service", "webhook_secret"] == ("(set)", path)
    assert secret not in repr(found)
    assert len(held) == len(found) == sum(len(fields(group.kind)) for group in GROUPS)


def test_a_setting_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="setting slots is 0"):
        effective(tmp_path, {"RELATED_SLOTS": "0"})
