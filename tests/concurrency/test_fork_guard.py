"""A forked child refuses what its parent had opened, harms none of it, and opens its own. It never hangs."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import faiss
import numpy as np
import pytest

from recommender import Recommender
from recommender.embedding import Embedder, open_embedder
from recommender.errors import ForkedError
from tests.arrays import story
from tests.fakes import HashEmbedder

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

LONG = 120.0  # seconds after which a child hangs, however loaded the machine is


def in_child(act: Callable[[], object]) -> str:
    """Return what `act` returns in a forked child, or its error, as text."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = str(act())
        except BaseException as error:  # of a child that must never go on as a second pytest
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    answered = bool(select.select([reader], [], [], LONG)[0])
    if not answered:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    assert answered, "the child hangs"
    return said


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recommender]:
    with Recommender.create(tmp_path_factory.mktemp("fork") / "archive", embedder=HashEmbedder()) as held:
        held.add([story(n) for n in range(40)])
        held.related("s1")
        yield held


QUESTIONS: dict[str, Callable[[Recommender], object]] = {
    "add": lambda r: r.add([story(90)]),
    "publish": lambda r: r.publish(story(91)),
    "remove": lambda r: r.remove("s1"),
    "related": lambda r: r.related("s1"),
    "engine": lambda r: r.related("s1", engine=True),
    "unheld": lambda r: r.related(story(92)),
    "similar": lambda r: r.similar("council school budget"),
    "get": lambda r: r.get("s1"),
    "list": lambda r: r.list(),
    "status": lambda r: r.status(),
    "peek": lambda r: r.newsroom.peek("s1"),
    "withdraw": lambda r: r.newsroom.withdraw("s1"),
    "refresh": lambda r: r.newsroom.refresh(),
    "embedder": lambda r: r.archive.embedder,
    "save": lambda r: r.archive.save(),
    "rebuild": lambda r: r.archive.rebuild(),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_was_opened_before_a_fork_is_refused_in_the_child(opened: Recommender, question: str) -> None:
    held, let_go = Event(), Event()

    def hold() -> None:  # a thread that the fork leaves behind, and the lock with it
        with opened.archive.lock:
            held.set()
            let_go.wait()

    thread = Thread(target=hold)
    thread.start()
    held.wait()
    try:
        said = in_child(lambda: QUESTIONS[question](opened))
    finally:
        let_go.set()
        thread.join()
    assert said.startswith(ForkedError.__name__)
    assert "open it in the child" in said
    assert str(opened.archive.path) in said
    assert opened.get("s1") is not None


def test_a_child_that_closes_what_it_inherited_takes_nothing_from_its_parent(opened: Recommender) -> None:
    catalog = opened.archive.catalog
    with catalog.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO setting (key, value) VALUES ('before', '1')")
        assert in_child(opened.close) == "None"
        connection.exec_driver_sql("INSERT INTO setting (key, value) VALUES ('after', '2')")
    assert (catalog.setting("before"), catalog.setting("after")) == (1, 2)
    opened.add([story(60)])
    assert opened.get("s60") is not None
    assert catalog.problems() == []


def test_a_child_opens_its_own_archive_beside_its_parent(opened: Recommender) -> None:
    def write() -> int:
        with Recommender.open(opened.archive.path, embedder=HashEmbedder()) as own:
            own.add([story(70)])
            return len(own.related("s1").slots)

    assert int(in_child(write)) == len(opened.related("s1").slots) > 0
    assert opened.get("s70") is not None


def test_the_index_computes_in_a_child_of_a_parent_that_used_all_cores() -> None:
    points = np.random.default_rng(0).standard_normal((4000, 32), np.float32)
    lists = faiss.index_factory(32, "IVF16,Flat")
    lists.train(points)
    lists.add(points)
    lists.search(points, 3)
    assert in_child(lambda: lists.search(points[:500], 3)[1][:, 0].tolist() == list(range(500))) == "True"


def encodes_as(cache: Path, expected: bytes) -> None:
    vectors = open_embedder(cache_dir=cache, runtime="compiled").encode(["The council cut the budget."])
    sys.exit(vectors.tobytes() != expected)


def test_a_child_opens_the_model_that_its_parent_has_loaded(embedder: Embedder, model_cache: Path) -> None:
    expected = embedder.encode(["The council cut the budget."]).tobytes()
    assert in_child(lambda: embedder.encode(["a"])).startswith(ForkedError.__name__)
    child = multiprocessing.get_context("fork").Process(target=encodes_as, args=(model_cache, expected))
    child.start()
    child.join(LONG)
    if child.exitcode is None:
        child.kill()
    assert child.exitcode == 0


ENDS = """
import os, sys
from pathlib import Path
from recommender.embedding import open_embedder
def opened():
    return open_embedder(cache_dir=Path(sys.argv[1]), runtime="compiled")
model = opened()
model.encode(["The council cut the budget."])
if sys.argv[2] == "closed":
    del model
for anew in (False, True):
    child = os.fork()
    if child == 0:
        if anew:
            opened().encode(["The council cut the budget."])
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0, anew
"""


@pytest.mark.parametrize("parent", ["open", "closed"])
def test_a_child_ends_whatever_was_loaded_before_the_fork(
    embedder: Embedder, model_cache: Path, parent: str
) -> None:
    done = subprocess.Popen(
        [sys.executable, "-c", ENDS, str(model_cache), parent], stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        _, errors = done.communicate(timeout=LONG)
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)
        raise
    assert done.returncode == 0, errors.decode()
