"""Bulk loads that go on by themselves: begun under a name, looked at and cancelled by it.

How a job stands is in the catalog, so any process on the archive tells it, and may cancel it. Its lines are
in the process that works on it, and nowhere else: with that it ends. What it has published is held, and the
same lines sent again under the same name, to whichever process, do nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import msgspec

from recommender.catalog.bulk_jobs import BulkJobs, JobRow, Refusal, State
from recommender.concurrency.retries import attempt, told
from recommender.errors import NotFoundError, shown
from recommender.service import problems
from recommender.service.lines import Line, LineResults, Publish
from recommender.service.work import Work

log = logging.getLogger(__name__)

MOST_AT_WORK = 4  # jobs of a process at a time: each holds its lines until they are published
MOST_REFUSED = 1000  # lines that are named in a job's answer; all are counted
BEAT = 10.0  # seconds after which a job that waits for its turn is heard of again

_ENDED = "the service has ended; send the same lines again"
_GONE = "the process that worked on it is gone; send the same lines again"

T = TypeVar("T")
Name = tuple[str, str]  # whose job, and what it is called
Pieces = Callable[[Publish, LineResults], AsyncIterator[problems.Problem | None]]


@dataclass(eq=False)
class Job:
    """One bulk load at work in this process: how it stands, and what came of its lines since."""

    row: JobRow
    told: LineResults = field(default_factory=LineResults)
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, now: float) -> list[Refusal]:
        """Take what came of some lines into how it stands; return which refusals are to be named."""
        self.outcomes.update(self.told.outcomes)
        self.told.outcomes.clear()
        self.told.stories.clear()
        first, refused = self.row.refused, self.told.refused.copy()
        self.told.refused.clear()
        outcomes = msgspec.json.encode(self.outcomes).decode()
        self.row = self.row._replace(at=now, outcomes=outcomes, refused=first + len(refused))
        named = refused[: max(MOST_REFUSED - first, 0)]
        return [
            Refusal(place, str(msgspec.json.decode(raw)["story"]), raw.decode())
            for place, raw in enumerate(named, first)
        ]


class Jobs:
    """The jobs of one archive, and those that this process works on. Lives on the event loop.

    Parameters
    ----------
    kept : BulkJobs
        How all of them stand.
    work : Work
        Its writing thread publishes.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, kept: BulkJobs, work: Work, clock: Callable[[], float]) -> None:
        self._kept, self._work, self._clock = kept, work, clock
        self._ours: dict[str, Job] = {}  # by run
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop alone would let them go

    @property
    def are_at_work(self) -> bool:
        """Whether any is, in this process."""
        return bool(self._ours)

    async def begin(
        self,
        name: Name,
        digest: str,
        lines: int,
        publish: Publish,
        pieces: Pieces,
    ) -> JobRow:
        """Let a job work, or join the same one, and return how it stands.

        Parameters
        ----------
        name : Name
            Whose, and what it is called.
        digest : str
            Tells its lines from others.
        lines : int
            How many there are.
        publish : callable
            Publishes a few of them.
        pieces : callable
            Returns what publishes piece after piece by what it is given.

        Raises
        ------
        Problem
            409 when one of this name is at work on something else; 503 when too many are at work here.
        """
        job = Job(JobRow(*name, digest, uuid.uuid4().hex, lines, self._clock()))
        # A client that hangs up would leave a job that is begun, and on which nobody works.
        row = await asyncio.shield(self._kept_alive(self._begun(job, publish, pieces)))
        if row is None:
            raise problems.busy(f"{MOST_AT_WORK} jobs are at work; try again when one is over")
        if row.digest != digest:
            detail = f"the job {shown(name[1])} is at work on other lines; cancel it, or take another name"
            raise problems.Problem(409, "job-at-work", detail)
        return row

    async def _begun(self, job: Job, publish: Publish, pieces: Pieces) -> JobRow | None:
        """Let a job work where it need not join another; return the one that does, None without room."""
        has_room = len(self._ours) < MOST_AT_WORK
        if has_room:
            self._ours[job.row.run] = job
        is_begun = False
        try:
            row = await self._work.write(self._kept.begin, job.row, list(self._ours), has_room=has_room)
            is_begun = row is not None and row.run == job.row.run
        finally:
            if not is_begun:
                self._ours.pop(job.row.run, None)
        if is_begun:
            self._kept_alive(self._run(job, publish, pieces))
        return row

    def _kept_alive(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, job: Job, publish: Publish, pieces: Pieces) -> None:
        """Publish piece after piece, and keep how it ended; one that was cancelled begins no other."""
        beating = asyncio.create_task(self._beat(job))
        state, problem = State.DONE, None
        try:
            async for ended in pieces(partial(self._publish, job, publish), job.told):
                if ended is not None:
                    state, problem = State.STOPPED, ended
                if job.row.state != State.WORKING:
                    break
        except Exception as error:
            log.error("a job ended: %s", told(error))
            detail = "the service failed on this job; its log has the reason"
            state, problem = State.STOPPED, problems.Problem(500, "internal", detail)
        finally:
            beating.cancel()
        try:
            if job.row.state == State.WORKING:
                await self._work.write_behind(self._keep, job, state, problem)
        except Exception as error:  # it lapses, and is told to be gone
            log.warning("how a job ended is not kept: %s", told(error))
        finally:
            self._ours.pop(job.row.run, None)

    def _publish(self, job: Job, publish: Publish, lines: list[Line], told: LineResults) -> None:
        """Publish a few lines, unless the job was cancelled; runs in the writing thread."""
        if job.row.state != State.WORKING:
            return
        if not self._kept.goes_on(job.row):
            job.row = job.row._replace(state=State.CANCELLED)
            return
        publish(lines, told)
        self._keep(job)

    def _keep(self, job: Job, state: State = State.WORKING, problem: problems.Problem | None = None) -> None:
        refusals = job.count(self._clock())
        said = None if problem is None else _as_text(problem)
        job.row = job.row._replace(state=state.value, problem=said)
        self._kept.keep(job.row, refusals)

    async def _beat(self, job: Job) -> None:
        """Let others know that a job is alive, though it may wait for its turn for long."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._work.write_behind(self._heard, job)
            except Exception as error:  # the next one tells it
                log.warning("that a job is at work is not kept: %s", told(error))

    def _heard(self, job: Job) -> None:
        if job.row.state == State.WORKING:
            job.row = job.row._replace(at=self._clock())
            self._kept.keep(job.row)

    async def get(self, name: Name) -> JobRow:
        """Return how a job stands, in whichever process it works.

        Raises
        ------
        NotFoundError
            Where there is none of that name.
        """
        return self._as_it_stands(await self._work.check(self._kept.row, *name), name)

    async def cancel(self, name: Name) -> JobRow:
        """Let a job begin nothing more, in whichever process it works, and return how it stands."""
        row = await self._work.write(self._kept.cancel, *name, self._clock())
        return self._as_it_stands(row, name)

    def _as_it_stands(self, row: JobRow | None, name: Name) -> JobRow:
        if row is None:
            raise NotFoundError(
                f"no job {shown(name[1])}; one that is over is forgotten after a hundred later ones. What it "
                "had published is held: send the same lines again, nothing is done twice"
            )
        if not row.has_lapsed(self._clock(), self._ours):
            return row
        return row._replace(state=State.STOPPED.value, problem=_as_text(problems.busy(_GONE)))

    def close(self) -> None:
        """Say of those that are at work here that they have ended with the service."""
        said = _as_text(problems.busy(_ENDED))
        for job in list(self._ours.values()):
            row = job.row._replace(state=State.STOPPED.value, problem=said)
            _, error = attempt(partial(self._kept.keep, row))
            if error is not None:
                log.warning("that a job has ended is not kept: %s", told(error))


def to_json(row: JobRow) -> bytes:
    """Return how a job stands as JSON."""
    members: dict[str, object] = {
        "name": row.name,
        "state": str(row.state),
        "lines": row.lines,
        "done": sum(msgspec.json.decode(row.outcomes, type=dict[str, int]).values()) + row.refused,
        "outcomes": msgspec.Raw(row.outcomes.encode()),
        "refused": row.refused,
        "refusals": [msgspec.Raw(each.encode()) for each in row.refusals],
    }
    if row.problem is not None:
        members["problem"] = msgspec.Raw(row.problem.encode())
    return msgspec.json.encode(members)


def _as_text(problem: problems.Problem) -> str:
    return msgspec.json.encode(problem.to_dict()).decode()


def digest_of(*parts: bytes) -> str:
    """Return what tells the lines of one job from those of another."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).hexdigest()
