"""A request that is sent again under its key is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from recommender.service import idempotency
from recommender.service.idempotency import IdempotentAnswers
from recommender.service.problems import Problem
from tests.service.cases import story
from tests.service.conftest import Shared


class Work:
    """Counts how often it was begun, and ends when it is told."""

    def __init__(self, problem: Problem | None = None) -> None:
        self.begun, self.problem, self.end = 0, problem, asyncio.Event()

    async def do(self) -> Response:
        self.begun += 1
        await self.end.wait()
        if self.problem:
            raise self.problem
        return Response(f"answer {self.begun}")


def ask(
    kept: IdempotentAnswers, work: Work, key: str = "k", what: str = "x", who: str = "cms"
) -> Coroutine[Any, Any, Any]:
    return kept.answer((who, key), (what,), work.do)


def test_who_asks_again_joins_or_gets_the_answer_again() -> None:
    async def run() -> None:
        kept, work = IdempotentAnswers(), Work()
        first = asyncio.ensure_future(ask(kept, work))
        second = asyncio.ensure_future(ask(kept, work))
        await asyncio.sleep(0)
        first.cancel()  # hung up
        assert kept.is_at_work
        work.end.set()
        assert (await second).body == (await ask(kept, work)).body == b"answer 1"
        assert (await ask(kept, work, who="other")).body == b"answer 2"
        assert not kept.is_at_work

    asyncio.run(run())


def test_another_request_under_the_same_key_is_refused() -> None:
    async def run() -> None:
        kept, work = IdempotentAnswers(), Work()
        work.end.set()
        await ask(kept, work)
        with pytest.raises(Problem, match="was used for another request"):
            await ask(kept, work, what="y")

    asyncio.run(run())


def test_what_failed_may_be_tried_again() -> None:
    async def run() -> None:
        kept, work = IdempotentAnswers(), Work(Problem(503, "busy", "later"))
        work.end.set()
        for _ in range(2):
            with pytest.raises(Problem, match="later"):
                await ask(kept, work)
        assert work.begun == 2

    asyncio.run(run())


@pytest.mark.parametrize("bound", ["KEPT", "KEPT_BYTES", "KEPT_SECONDS"])
def test_answers_are_kept_within_bounds(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    async def run() -> None:
        kept, work = IdempotentAnswers(), Work()
        work.end.set()
        await ask(kept, work)
        monkeypatch.setattr(idempotency, bound, 0)
        await ask(kept, work, key="other")
        monkeypatch.undo()
        assert (await ask(kept, work)).body == b"answer 3"

    asyncio.run(run())


def test_a_retried_publish_is_told_what_the_first_was(http: httpx.Client, shared: Shared) -> None:
    sent = {"json": story("once-1"), "headers": {"idempotency-key": "one"}}
    first, again = http.post("/stories", **sent), http.post("/stories", **sent)
    assert (first.status_code, first.json()["outcome"]) == (201, "added")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert http.post("/stories", json=story("once-1")).json()["outcome"] == "unchanged"
    other = http.post("/stories", json=story("once-2"), headers=sent["headers"])
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    assert http.post("/stories", json=story("once-3"), headers={"idempotency-key": ""}).status_code == 422
