"""Goes over to another embedding model beside what a service answers: begun, looked at, cancelled.

The old vectors serve until the new ones are whole, and what is embedded is kept: whoever begins anew, in this
process or another, goes on from there (`archive.reembedding`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from recommender.archive.archive import Archive
from recommender.archive.model_choice import AUTO, ModelChoice
from recommender.archive.reembedding import resolved, steps
from recommender.catalog.bulk_jobs import State
from recommender.catalog.model_move import ModelMove
from recommender.concurrency.retries import attempt, told
from recommender.concurrency.whose import OwnThread
from recommender.embedding import Embedder
from recommender.embedding.models import PINNED
from recommender.errors import RelatedError
from recommender.service import problems
from recommender.service.answer_schemas import ProblemOut
from recommender.service.reembedding_schemas import ReembeddingOut

log = logging.getLogger("related.service")

BATCH = 16  # stories between two looks whether it is to end: a second or two
PAUSE = 0.5  # seconds between looks whether requests still wait
END_SECONDS = 10.0  # that the end of the service waits for the batch at hand


@dataclass(slots=True)
class _Run:
    """One thread's work: to which model, and how it ended."""

    choice: ModelChoice
    state: State = State.WORKING
    problem: problems.Problem | None = None
    ending: threading.Event = field(default_factory=threading.Event)


class Reembedding:
    """The move of one archive. Threads share it; one works at a time.

    Parameters
    ----------
    archive : Archive
    is_busy : callable
        Returns whether requests wait: nothing is embedded meanwhile.
    opened : callable, optional
        Opens a model by name; the archive does by default.
    """

    def __init__(
        self,
        archive: Archive,
        is_busy: Callable[[], bool] = lambda: False,
        opened: Callable[[str], Embedder] | None = None,
    ) -> None:
        self._archive, self._is_busy, self._opened = archive, is_busy, opened or archive.opened
        self._move, self._lock = ModelMove(archive.catalog), threading.Lock()
        self._run: _Run | None = None
        self._thread: threading.Thread | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether its thread works."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, model: str) -> None:
        """Begin, or go on; a move to the same model that is at work is joined.

        Raises
        ------
        Problem
            409 while it is at work on another model; 422 for a model that no package carries.
        RelatedError
            Where the archive has no stories to choose a model by, or is read-only.
        """
        if model and model not in (AUTO, self._archive.settings.model, *PINNED):
            way_out = f"name one of {', '.join((AUTO, *PINNED))}, or set it as the setting model"
            raise problems.invalid("model", model, "is no model that a package carries", way_out)
        self._archive.catalog.need_writable()
        choice = resolved(self._archive, model)
        with self._lock:
            if self._run is not None and self._run.state is State.WORKING:
                if self._run.choice.model == choice.model:
                    return
                detail = f"the archive is on its way to {self._run.choice.model}; cancel that, or wait"
                raise problems.Problem(409, "job-at-work", detail)
            self._run = run = _Run(choice)
            work = (run, self._thread)  # one that was cancelled may have stories at hand
            self._thread = OwnThread(self._work, "reembedding", work)
            self._thread.start()

    def cancel(self) -> None:
        """Let it embed no more; what is embedded is kept for who goes on."""
        run = self._run
        if run is not None and run.state is State.WORKING:
            run.state = State.CANCELLED
            run.ending.set()

    def close(self) -> None:
        """End it after the stories at hand."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def ended(self) -> tuple[State | None, problems.Problem | None]:
        """Wait for what is at work, and return how it ended."""
        if self._thread is not None:
            self._thread.join()
        return (self._run.state, self._run.problem) if self._run else (None, None)

    def standing(self) -> ReembeddingOut:
        """Return how it stands, in whatever process it goes on."""
        run, held, model = self._run, self._move.standing(), self._archive.catalog.model()
        state = run.state.value if run is not None else "none" if held is None else "waiting"
        going_to = None if run is None or run.state is State.DONE else run.choice.model
        answer = ReembeddingOut(
            state=state,
            model=model.name if model else None,
            moving_to=held.model.name if held else going_to,
            embedded=held.done if held else 0,
            stories=held.stories if held else 0,
            reason=run.choice.reason if run is not None else "",
        )
        if run is not None and run.problem is not None:
            answer.problem = msgspec.convert(run.problem.to_dict(), ProblemOut)
        return answer

    def _work(self, run: _Run, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        done, error = attempt(lambda: self._embed(run))
        if error is not None:
            log.error("the move to the model %s stopped: %s", run.choice.model, told(error))
            run.problem = (
                problems.of_error(error)
                if isinstance(error, RelatedError)
                else problems.Problem(500, "internal", "the service failed on this; its log has the reason")
            )
            run.state = State.STOPPED
        elif run.state is State.WORKING:
            run.state = State.DONE if done else State.CANCELLED

    def _embed(self, run: _Run) -> bool:
        """Go over to the model, and return whether that was done."""
        for _ in steps(self._archive, self._opened(run.choice.model), BATCH):
            while self._is_busy() and not run.ending.wait(PAUSE):
                pass
            if run.ending.is_set():
                return False
        return True
