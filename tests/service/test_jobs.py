"""Bulk loads that go on by themselves: joined by name, told in numbers, cancelled, gone with the process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommender.client import Client, ServiceError
from recommender.service import jobs
from recommender.service.answer_schemas import JobOut
from recommender.service.jobs import Job, Jobs, State
from recommender.service.problems import Problem
from tests.service.cases import story
from tests.service.conftest import Shared
from tests.service.running import Running, add_key, make_archive

LINES = {"content-type": "application/x-ndjson"}
MANY = 800


def many(prefix: str, count: int) -> list[dict[str, Any]]:
    return [story(f"{prefix}-{n}", day=n % 28 + 1) for n in range(count)]


def ended(client: Client, name: str) -> JobOut:
    calm = threading.Event()
    while (job := client.job(name)).state == "working":
        calm.wait(0.05)
    return job


def test_a_job_publishes_all_and_names_what_it_refused(client: Client, http: httpx.Client) -> None:
    stories = [*many("job", 20), {"id": "job-bad", "headline": "", "published": "2025-01-01"}]
    begun = client.start_job("all", stories)
    assert (begun.state in ("working", "done"), begun.lines) == (True, 21)
    job = ended(client, "all")
    assert (job.state, job.done, job.outcomes, job.refused) == ("done", 21, {"added": 20}, 1)
    assert [(one.line, one.story, one.field) for one in job.refusals] == [(21, "job-bad", "headline")]
    assert client.related("job-7").id == "job-7"
    again = http.put("/jobs/all", content="\n".join(map(json.dumps, stories)), headers=LINES)
    assert again.status_code in (200, 202)


def test_the_same_lines_join_and_others_are_refused_while_it_works(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    stories = many("joined", MANY)
    with Running(archive) as running, running.client(key) as client:
        client.start_job("one", stories)
        assert client.publish(story("between")).outcome == "added"
        joined = client.start_job("one", stories)
        assert joined.lines == MANY
        with pytest.raises(ServiceError, match="at work on other lines") as refused:
            client.start_job("one", stories[1:])
        assert (refused.value.status, refused.value.problem.type.rpartition(":")[2]) == (409, "job-at-work")
        cancelled = client.cancel_job("one")
        assert cancelled.state == "cancelled"
        assert cancelled.done < MANY
        client.start_job("one", stories[:8])
        assert ended(client, "one").lines == 8
        client.start_job("left", stories)
        assert running.stop() == 0
    with Running(archive) as again, again.client(key) as client:
        with pytest.raises(ServiceError, match="send the same lines again") as unknown:
            client.job("left")
        assert unknown.value.status == 404
        for one in stories[:8]:
            assert client.publish(one, dry_run=True).outcome == "unchanged"


def test_a_job_is_its_callers_own(shared: Shared, client: Client) -> None:
    client.start_job("mine", many("mine", 1))
    for key, status in ((shared.publisher, 404), (shared.reader, 403)):
        with shared.http(key) as other:
            assert other.get("/jobs/mine").status_code == status
            assert other.delete("/jobs/mine").status_code == status


@pytest.mark.parametrize(("body", "status"), [("", 422), ("\n \n", 422), ("\n" * 20_000, 413)])
def test_what_is_no_job_is_refused(http: httpx.Client, body: str, status: int) -> None:
    assert http.put("/jobs/none", content=body, headers=LINES).status_code == status
    assert http.get("/jobs/none").status_code == 404


def test_jobs_are_bounded_and_an_error_of_ours_ends_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> AsyncIterator[None]:
        yield None
        raise ValueError("a word of a story")

    async def waits() -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield None

    async def run() -> None:
        monkeypatch.setattr(jobs, "KEPT", 1)
        held = Jobs()
        for name in ("a", "b"):
            job = Job(name, b"", 1)
            held.begin(("cms", name), job, fails())
            with pytest.raises(ValueError, match="word"):
                await job.task
            assert (job.state, job.problem.status) == (State.STOPPED, 500)
            assert b"word" not in job.to_json()
        for n in range(jobs.MOST_AT_WORK):
            held.begin(("cms", f"w{n}"), Job(f"w{n}", b"", 1), waits())
        with pytest.raises(Problem, match="jobs are at work"):
            held.begin(("cms", "more"), Job("more", b"", 1), waits())
        assert held.get(("cms", "b"))
        for n in range(jobs.MOST_AT_WORK):
            held.get(("cms", f"w{n}")).task.cancel()

    asyncio.run(run())
