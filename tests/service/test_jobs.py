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
from prometheus_client import Gauge

from recommender.catalog import Catalog, bulk_jobs
from recommender.catalog.bulk_jobs import BulkJobs
from recommender.client import Client, ServiceError
from recommender.errors import NotFoundError
from recommender.service import jobs
from recommender.service.answer_schemas import JobOut
from recommender.service.jobs import Jobs, Pieces, to_json
from recommender.service.lines import LINES_AT_ONCE, Line, LineResults, Publish
from recommender.service.problems import Problem
from recommender.service.settings import ServiceSettings
from recommender.service.work import Work
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
        left = client.job("left")
        assert (left.state, left.done < MANY) == ("stopped", True)
        assert "send" in left.problem.detail
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


def test_any_process_tells_of_a_job_and_cancels_it(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    stories = many("copies", MANY)
    with (
        Running(archive) as one,
        Running(archive) as other,
        one.client(key) as here,
        other.client(key) as there,
    ):
        here.start_job("load", stories)
        assert there.job("load").lines == MANY
        assert there.start_job("load", stories).state == "working"
        with pytest.raises(ServiceError, match="at work on other lines"):
            there.start_job("load", stories[1:])
        assert there.cancel_job("load").state == "cancelled"
        done = here.job("load").done
        here.publish(story("after"))  # in the same thread: what was under way when it was cancelled is over
        assert (here.job("load").state, there.job("load").done <= done + LINES_AT_ONCE) == ("cancelled", True)
        wrong = [*many("few", 3), {"id": "few-bad", "headline": "", "published": "2025-01-01"}]
        here.start_job("few", wrong)
        job = ended(there, "few")
        assert (job.state, job.done, job.outcomes) == ("done", 4, {"added": 3})
        assert [one.story for one in job.refusals] == ["few-bad"]
        there.start_job("left", many("left", MANY))
        other.kill()
        assert here.job("left").state == "working"  # it may be alive: nothing was heard of it for a moment
        assert here.start_job("left", many("left", MANY)).state == "working"
        assert here.cancel_job("left").state == "cancelled"


def test_jobs_are_bounded_and_an_error_of_ours_ends_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fails(publish: Publish, told: LineResults) -> AsyncIterator[None]:
        yield None
        raise ValueError("a word of a story")

    async def waits(publish: Publish, told: LineResults) -> AsyncIterator[None]:
        await asyncio.Event().wait()
        yield None

    def publish(lines: list[Line], told: LineResults) -> None:
        raise AssertionError("no line is there")

    async def run(kept: BulkJobs) -> None:
        monkeypatch.setattr(bulk_jobs, "KEPT", 1)
        now = [1000.0]
        work = Work(ServiceSettings(), Gauge("waiting_of_jobs", "who waits", registry=None))
        held = Jobs(kept, work, lambda: now[0])

        async def begin(name: str, pieces: Pieces) -> None:
            await held.begin(("cms", name), "digest", 1, publish, pieces)

        for name in ("a", "b", "c"):
            now[0] += 1
            await begin(name, fails)
            while held.are_at_work:
                await asyncio.sleep(0.01)
            row = await held.get(("cms", name))
            assert (row.state, b"word" in to_json(row), b'"status":500' in to_json(row)) == (
                "stopped",
                False,
                True,
            )
        with pytest.raises(NotFoundError, match="nothing is done twice"):
            await held.get(("cms", "a"))
        for n in range(jobs.MOST_AT_WORK):
            await begin(f"w{n}", waits)
        with pytest.raises(Problem, match="jobs are at work"):
            await begin("more", waits)
        await begin("w1", waits)  # the same is joined
        elsewhere = Jobs(kept, work, lambda: now[0])
        now[0] += bulk_jobs.LAPSED + 1
        assert (await held.get(("cms", "w1"))).state == "working"  # it knows that its own is alive
        row = await elsewhere.get(("cms", "w1"))
        assert (row.state, b"is gone; send the same lines again" in to_json(row)) == ("stopped", True)
        await elsewhere.begin(("cms", "w1"), "other", 1, publish, waits)
        assert (await elsewhere.cancel(("cms", "w1"))).state == "cancelled"
        held.close()
        assert {(await elsewhere.get(("cms", f"w{n}"))).state for n in (0, 2, 3)} == {"stopped"}
        for task in [*held._tasks, *elsewhere._tasks]:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        work.close()

    with Catalog.create(tmp_path / "catalog.sqlite") as catalog:
        asyncio.run(run(BulkJobs(catalog)))


def test_a_job_whose_client_hung_up_is_worked_on(tmp_path: Path) -> None:
    async def ends(publish: Publish, told: LineResults) -> AsyncIterator[None]:
        yield None

    async def run(kept: BulkJobs) -> None:
        work = Work(ServiceSettings(), Gauge("waiting_of_one_job", "who waits", registry=None))
        held = Jobs(kept, work, lambda: 1000.0)
        asked = asyncio.create_task(held.begin(("cms", "a"), "digest", 1, lambda *_: None, ends))
        await asyncio.sleep(0)
        asked.cancel()
        while (row := kept.row("cms", "a")) is None or row.state == "working":
            await asyncio.sleep(0.01)
        assert row.state == "done"
        work.close()

    with Catalog.create(tmp_path / "catalog.sqlite") as catalog:
        asyncio.run(run(BulkJobs(catalog)))
