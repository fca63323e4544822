"""The option that names an archive: what is said of one leads the next command to it."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from recommender.cli import archive_option


def test_a_directory_is_named_by_itself() -> None:
    assert shlex.split(archive_option.as_option(Path("my news"))) == ["--archive", "my news"]


def test_an_address_is_named_again_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    archive = archive_option.parsed("postgresql://desk:secret@db.example/news?schema=sports")
    assert archive.is_relative_to(tmp_path)
    named = "postgresql://desk@db.example/news?schema=sports"
    assert shlex.split(archive_option.as_option(archive)) == ["--archive", named]
