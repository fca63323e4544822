"""Bulk loads that go on by themselves: begun under a name, looked at and cancelled by it.

They live in one process. What a job has published is held; what it has not is lost with the process, and
the same lines sent again under the same name do nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from recommender.concurrency.retries import told
from recommender.errors import NotFoundError, shown
from recommender.service import problems
from recommender.service.lines import LineResults

log = logging.getLogger(__name__)

MOST_AT_WORK = 4  # jobs at a time: each holds its lines until they are published
KEPT = 100  # jobs that are over and can be looked at
MOST_REFUSED = 1000  # lines that are named in a job's answer; all are counted

Name = tuple[str, str]  # whose job, and what it is called


class State(StrEnum):
    """How a job stands."""

    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"


@dataclass(eq=False)
class Job:
    """One bulk load: what it is made of, and how far it came."""

    name: str
    digest: bytes
    lines: int
    told: LineResults = field(default_factory=LineResults)
    state: State = State.WORKING
    problem: problems.Problem | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    task: asyncio.Task[None] | None = None

    async def run(self, pieces: AsyncIterator[problems.Problem | None]) -> None:
        """Publish piece after piece; a job that was cancelled begins no other."""
        async for problem in pieces:
            self._count()
            if problem is not None:
                self.state, self.problem = State.STOPPED, problem
            if self.state is not State.WORKING:
                return
        self.state = State.DONE

    def ended(self, task: asyncio.Task[None]) -> None:
        """Say so when an error of ours ended it, or the end of the process."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        self.state = State.STOPPED
        self.problem = problems.Problem(
            500, "internal", "the service failed on this job; its log has the reason"
        )
        log.error("a job ended: %s", told(error))

    def _count(self) -> None:
        self.outcomes.update(self.told.outcomes)
        self.told.outcomes.clear()
        self.told.stories.clear()
        self.refused += len(self.told.refused) - min(self.refused, MOST_REFUSED)
        del self.told.refused[MOST_REFUSED:]

    def to_json(self) -> bytes:
        """Return how it stands as JSON."""
        members: dict[str, object] = {
            "name": self.name,
            "state": self.state.value,
            "lines": self.lines,
            "done": self.outcomes.total() + self.refused,
            "outcomes": self.outcomes,
            "refused": self.refused,
            "refusals": list(map(msgspec.Raw, self.told.refused)),
        }
        if self.problem is not None:
            members["problem"] = self.problem.to_dict()
        return msgspec.json.encode(members)


class Jobs:
    """The jobs of one process. Lives on the event loop."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[Name, Job] = OrderedDict()

    @property
    def are_at_work(self) -> bool:
        """Whether any is."""
        return any(job.state is State.WORKING for job in self._jobs.values())

    def join(self, name: Name, digest: bytes) -> Job | None:
        """Return the job of this name when it is the same and not to be begun anew.

        Raises
        ------
        Problem
            409 when one of this name is at work on something else.
        """
        job = self._jobs.get(name)
        if job is None:
            return None
        if job.digest == digest:
            return job if job.state in (State.WORKING, State.DONE) else None
        if job.state is State.WORKING:
            detail = f"the job {shown(name[1])} is at work on other lines; cancel it, or take another name"
            raise problems.Problem(409, "job-at-work", detail)
        return None

    def begin(self, name: Name, job: Job, pieces: AsyncIterator[problems.Problem | None]) -> None:
        """Let a job work.

        Raises
        ------
        Problem
            503 when too many do.
        """
        if sum(each.state is State.WORKING for each in self._jobs.values()) >= MOST_AT_WORK:
            raise problems.busy(f"{MOST_AT_WORK} jobs are at work; try again when one is over")
        self._jobs[name] = job
        self._jobs.move_to_end(name)
        job.task = asyncio.create_task(job.run(pieces))
        job.task.add_done_callback(job.ended)
        over = [each for each, held in self._jobs.items() if held.state is not State.WORKING]
        for each in over[: max(len(over) - KEPT, 0)]:
            del self._jobs[each]

    def get(self, name: Name) -> Job:
        """Return a job; raise `NotFoundError` where this process has none of that name."""
        job = self._jobs.get(name)
        if job is None:
            raise NotFoundError(
                f"no job {shown(name[1])} in this process; jobs end with it, and what they had published is "
                "held: send the same lines again, nothing is done twice"
            )
        return job

    def cancel(self, name: Name) -> Job:
        """Let a job begin nothing more, and return it."""
        job = self.get(name)
        if job.state is State.WORKING:
            job.state = State.CANCELLED
        return job


def digest_of(*parts: bytes) -> bytes:
    """Return what tells the lines of one job from those of another."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=16).digest()
