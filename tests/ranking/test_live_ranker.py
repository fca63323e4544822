"""Weights are taken up when their file changes, and what cannot be read changes nothing."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from index.storage.files import replacing
from recommender.errors import RankerError
from recommender.ranking.live_ranker import LiveRanker, weights_in_use
from recommender.ranking.weights import ARCHIVE_FILE, Ranker, shipped


def named(version: str) -> Ranker:
    ranker = shipped()
    return replace(ranker, model=replace(ranker.model, version=version))


def put(file: Path, text: str) -> None:
    with replacing(file) as out:
        out.write(text.encode())


def test_the_file_is_followed(tmp_path: Path) -> None:
    live, file = LiveRanker("", tmp_path), tmp_path / ARCHIVE_FILE
    first = live.current()
    assert first.model == shipped().model
    assert live.current() is first
    for version in ("one", "two"):
        put(file, named(version).to_json())
        assert live.current().model.version == version
        assert live.current() is live.current()
    file.unlink()
    assert live.current().model == shipped().model


def test_a_file_that_cannot_be_read_leaves_all_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    live, file = LiveRanker("", tmp_path), tmp_path / ARCHIVE_FILE
    put(file, named("one").to_json())
    before = live.current()
    put(file, "{}")
    with caplog.at_level(logging.WARNING):
        assert live.current() is before
        assert live.current() is before
    assert len(caplog.records) == 1
    assert "the ranking stays as it is" in caplog.text
    put(file, named("two").to_json())
    assert live.current().model.version == "two"


def test_an_archive_is_not_opened_on_weights_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE_FILE).write_text("{}")
    with pytest.raises(RankerError, match="related tune"):
        LiveRanker("", tmp_path)


def test_weights_that_are_given_stay(tmp_path: Path) -> None:
    given = named("given")
    ask = weights_in_use(tmp_path, "", given)
    put(tmp_path / ARCHIVE_FILE, named("one").to_json())
    assert ask() is given
