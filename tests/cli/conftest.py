"""The command line in this process, with the hash embedder in the model's place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recommender.archive import archive
from recommender.cli.app import run
from tests.fakes import HashEmbedder


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Related = Callable[..., Answer]


@pytest.fixture
def related(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Related:
    monkeypatch.setattr(archive, "open_embedder", lambda *_, **__: HashEmbedder())
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Answer:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Answer(code, *capfd.readouterr())

    return call


@pytest.fixture
def news(related: Related, tmp_path: Path) -> Path:
    """Return an empty archive."""
    path = tmp_path / "news"
    assert related("init", "--archive", path).code == 0
    return path
