"""The bar that commands show while they work through much. Apart, since a question has none to show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from recommender.cli.app import err


class _Rate(ProgressColumn):
    """Items a second since the start."""

    def render(self, task: Task) -> Text:
        """Return the rate of one task."""
        whole = task.completed / task.elapsed if task.elapsed else 0.0
        rate = task.finished_speed or task.speed or whole  # of the last half minute, where there was any
        return Text(f"{rate:,.{0 if rate >= 10 else 1}f}/s", style="progress.data.speed")


@contextmanager
def progress(label: str, total: int | None, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """Show a bar with rate and remaining time on standard error while the block runs.

    Yields a function that is told how many more are done. Silent when `quiet`.
    """
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, disable=quiet) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.advance(task, done)
        bar.update(task, total=bar.tasks[0].completed)  # blank lines were counted, too, and came to nothing
