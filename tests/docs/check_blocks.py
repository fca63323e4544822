"""Every shell and Python block of README and docs runs, page by page, in order, on a fresh archive."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.archive import archive
from tests.docs import newsroom
from tests.docs.pages import PAGES, ROOT, RUN, Block, blocks, name_of
from tests.docs.reader import Reader
from tests.docs.warm import CALL
from tests.fakes import HashEmbedder

FOLLOWED = [page for page in PAGES if any(block.language in RUN for block in blocks(page))]
# What a page takes for granted of its reader.
GIVEN = {
    "docs/sidebar.md": (
        "related keys add cms --rights read,publish --archive news",
        "related serve --archive news --port 8350",
    ),
    "docs/operating.md": ("related serve --archive news --port 8350",),
    "docs/runbook.md": (
        "related serve --archive news --port 8350",
        "related keys add cms --archive news",
        "related keys add old-cms --archive news",
    ),
}


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the program that calls the command which is kept warm."""
    door = tmp_path_factory.mktemp("warm") / "door"
    command = [sys.executable, "-m", "tests.docs.warm", str(door)]
    shared = {"cwd": ROOT, "stdout": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **shared) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield CALL.format(socket=str(door))
        os.killpg(process.pid, signal.SIGKILL)  # with whatever a page left running


@pytest.fixture(scope="module")
def sites() -> Iterator[newsroom.Sites]:
    with newsroom.sites() as running:
        yield running


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, sites: newsroom.Sites) -> Path:
    """Return a directory with all that the documents take for granted."""
    place = tmp_path_factory.mktemp("newsroom")
    newsroom.write_files(place, sites.local)
    newsroom.make_archives(place, sites.local)
    return place


@pytest.fixture
def reader(
    call: str, files: Path, sites: newsroom.Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    place = tmp_path / "desk"
    shutil.copytree(files, place)
    for name in ("examples", "seeds"):
        (place / name).symlink_to(ROOT / name)
    monkeypatch.setattr(archive, "open_embedder", lambda *_, **__: HashEmbedder())
    monkeypatch.chdir(place)
    reader = Reader(place, call, sites.local)
    shutil.copytree(place / "news", place / "var/lib/related/archive")
    (place / "srv").mkdir()
    reader.names.update(newsroom.names())
    yield reader
    reader.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_a_page_is_true_from_its_first_block_to_its_last(page: Path, reader: Reader) -> None:
    given = Block("sh", "\n".join(GIVEN.get(name_of(page), ())), 0)
    for block in (given, *blocks(page)):
        if block.language in RUN:
            reader.follow(block)


def test_a_command_that_is_new_and_not_known_here_is_told(reader: Reader) -> None:
    with pytest.raises(AssertionError, match="line 7: shutdown now"):
        reader.follow(Block("sh", "shutdown now\n", 7))
