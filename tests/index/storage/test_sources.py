"""Compiled loops of other sources than are here are left aside, with a line that says how to compile them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from index.storage import kernels
from index.storage.kernels import sources

HERE = Path(sources.__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.pyx"))

compiled = pytest.mark.skipif(not kernels.COMPILED, reason="no C compiler where this was installed")


@compiled
@pytest.mark.parametrize("name", NAMES)
def test_loops_of_these_sources_are_taken(name: str) -> None:
    assert sources.digest(HERE / f"{name}.pyx") == import_module(f"index.storage.kernels.{name}").SOURCES
    sources.require(name)


@compiled
def test_loops_of_other_sources_are_left_aside(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(import_module("index.storage.kernels.hashing"), "SOURCES")  # as before they told it
    with pytest.raises(ImportError, match="hashing is of other sources"):
        sources.require("compiled", "hashing")
    (line,) = caplog.messages
    assert "hashing" in line
    assert line.endswith("compile it: rm .venv/.ready && make setup")


def test_what_a_source_includes_counts(tmp_path: Path) -> None:
    source, included = tmp_path / "some.pyx", tmp_path / "some.pxi"
    source.write_text('import numpy as np\n\ninclude "some.pxi"\n')
    included.write_text("one = 1\n")
    before = sources.digest(source)
    assert sources.digest(source) == before
    included.write_text("one = 2\n")
    assert sources.digest(source) != before


@compiled
@pytest.mark.parametrize("left", ["hashing.pyx", None])
def test_loops_without_their_sources_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str | None
) -> None:
    if left:  # as a wheel may hold it: with the source, without what that includes
        (tmp_path / left).write_bytes((HERE / left).read_bytes())
    monkeypatch.setattr(sources, "__file__", str(tmp_path / "sources.py"))
    sources.require("hashing")


def test_numpy_is_taken_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(sources.CHOICE, "numpy")
    with pytest.raises(ImportError, match="asks for numpy"):
        sources.require("compiled")
