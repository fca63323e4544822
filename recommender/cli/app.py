"""The `related` command itself: shared options, output, progress; at its edge errors become exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage or setting, 3 some stories were refused, 4 no such story or
archive, 5 the archive cannot be used, 130 interrupted (all that was acknowledged is kept).
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import click
import msgspec
import typer
from rich.console import Console
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

from recommender.errors import ArchiveError, RelatedError

INTERRUPTED = 130
USAGE = 2

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Related stories for a news page: the links an editor would have set, kept fresh.",
)

ArchiveOption = Annotated[
    Path,
    typer.Option(
        "--archive", "-a", envvar="RELATED_ARCHIVE", help="Directory of the archive.", show_default=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")]
DEFAULT_ARCHIVE = Path("archive")


def say_json(value: object) -> None:
    """Write `value` as one JSON document to standard output."""
    sys.stdout.write(
        msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2).decode() + "\n"
    )


class _Rate(ProgressColumn):
    """Items a second since the start."""

    def render(self, task: Task) -> Text:
        """Return the rate of one task."""
        return Text(f"{task.finished_speed or task.speed or 0:,.0f}/s", style="progress.data.speed")


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


def main() -> None:
    """Run the command line; turn domain errors into one line on standard error and an exit code."""
    logging.basicConfig(
        level=os.environ.get("RELATED_LOG", "WARNING").upper(), format="%(levelname)s %(message)s"
    )
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        code = app(arguments, standalone_mode=False)
        return code if isinstance(code, int) else 0
    except RelatedError as error:
        return _report(str(error), error.exit_code, error, arguments)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _report("interrupted; everything acknowledged is kept", INTERRUPTED, None, arguments)
    except click.ClickException as error:
        error.show()
        return USAGE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _report(_os_problem(error), ArchiveError.exit_code, error, arguments)


def _os_problem(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place}the disk is full; free some space and run it again, nothing acknowledged is lost"
    return f"{place}{error.strerror or error}"


def _report(message: str, code: int, error: Exception | None, arguments: list[str]) -> int:
    if "--json" in arguments:
        say_json({"error": {"type": type(error).__name__ if error else "Interrupted", "message": message}})
    err.print(f"related: {message}", style="red", markup=False)
    return code
