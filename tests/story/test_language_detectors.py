"""The second look at a text needs room on the disk once; without any it has no answer, and no error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from recommender.story import language_detectors, languages
from recommender.story.language_detectors import TRY_AGAIN, _SecondLook, second_look
from recommender.story.languages import find_language
from recommender.story.story import Story

TEXT = "Der Fluss ist über die Ufer getreten, und die Brücke bleibt bis morgen gesperrt."
FullDisk = Callable[[int], AbstractContextManager[None]]


def test_a_full_disk_is_no_answer_and_is_told_and_tried_once_in_a_while(
    small_files: FullDisk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [1e9]
    monkeypatch.setattr(language_detectors, "_SECOND", _SecondLook())
    monkeypatch.setattr(language_detectors.time, "monotonic", lambda: clock[0])
    with small_files(0), caplog.at_level(logging.WARNING):
        assert [second_look(TEXT) for _ in range(20)] == [("", 0.0)] * 20
    (record,) = caplog.records
    assert "make room there" in record.message
    clock[0] += TRY_AGAIN - 1
    assert second_look(TEXT) == ("", 0.0)
    clock[0] += 1
    code, confidence = second_look(TEXT)
    assert code == "de"
    assert confidence > 0.9


def test_a_text_is_looked_at_once_whoever_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    languages._looked_at.cache_clear()
    looks = []
    first = languages.first_look
    monkeypatch.setattr(languages, "first_look", lambda sample: looks.append(sample) or first(sample))
    values = {
        "id": "a",
        "headline": "Hochwasser an der Donau",
        "published": "2025-01-01T00:00:00Z",
        "body": TEXT,
    }
    found = [find_language(Story.from_json(values)) for _ in range(4)]
    assert [each.key for each in found] == ["de"] * 4
    assert len(looks) == 1


def test_a_language_that_was_left_open_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    languages._looked_at.cache_clear()
    monkeypatch.setattr(languages, "first_look", lambda _: (False, 0, ()))
    answers = iter([("", 0.0), ("de", 0.99)])
    monkeypatch.setattr(languages, "second_look", lambda _: next(answers))
    found = [languages.detect("Hochwasser an der Donau", TEXT) for _ in range(3)]
    assert [each.key for each in found] == ["und-Latn", "de", "de"]
    languages._looked_at.cache_clear()
