"""The `related` command itself: shared options, output, progress; at its edge errors become exit codes.

Exit codes: 0 done, 1 failed, 2 wrong usage, setting or file, 3 some stories were refused, 4 no such story or
archive, 5 the archive cannot be used, 6 the model cannot be used, 130 interrupted (all that was acknowledged
is kept).
"""

from __future__ import annotations

import errno
import io
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, BinaryIO

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from recommender.cli.archive_option import DEFAULT_ARCHIVE as DEFAULT_ARCHIVE
from recommender.cli.archive_option import ArchiveOption as ArchiveOption
from recommender.cli.beginning import end_at_once, one_thread, uncollected
from recommender.cli.commands import ASKING, register
from recommender.cli.plain_values import spare
from recommender.errors import ArchiveError, ExportError, RelatedError, SettingsError, SourceError
from recommender.story.text_safety import visible

HELP = ["-h", "--help"]
INTERRUPTED = 130
LOG_VARIABLE = "RELATED_LOG"

log = logging.getLogger(__name__)


class Terminal(Console):
    """Prints what others wrote, to be read and never to be obeyed.

    Brackets and colons in headlines and paths are no commands to the printer, and escapes, bidi controls and
    the like none to the terminal. All that is shown to a person goes through here, tables and errors too.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, soft_wrap=True, emoji=False, markup=False)

    def render_str(self, text: str, **style: Any) -> Text:  # noqa: ANN401 (passed on)
        """Return a text as it is shown, wherever it stands."""
        return super().render_str(visible(text), **style)


class _VisibleFormatter(logging.Formatter):
    """Writes log lines that a terminal may show."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


out, err = Terminal(), Terminal(stderr=True)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": HELP},
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # brings the parser of e-mails with it

        out.print(f"related-stories {version('related-stories')}")
        raise typer.Exit


@app.callback()
def _related(
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """Related stories for a news page: the links an editor would have set, kept fresh."""


# What an option may be at most: more than anybody asks for, and less than what numbers of 64 bits hold.
MOST_STORIES = 10_000
MOST_SECONDS = 10 * 366 * 86_400
MOST_NUMBER = 2**63 - 1

JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")]
SlotsOption = Annotated[
    int | None,
    typer.Option(
        "-k", min=1, max=MOST_STORIES, help="Stories in the block.", show_default="the setting slots"
    ),
]
STREAM = Path("-")
STANDARD_INPUT = "standard input"


def say_json(value: object) -> None:
    """Write `value` as one JSON document in UTF-8, whatever the terminal's encoding, to standard output."""
    document = msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2)
    _write(visible(document.decode()))


def say_html(text: str) -> None:
    """Write HTML in UTF-8 to standard output, as it is: it is for a page, where marks of bidi are words."""
    _write(text)


def _write(text: str) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.buffer.flush()


def read_input(file: str) -> bytes:
    """Return the bytes of a file, or of standard input for ``-``; raise `SourceError` if it has none."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise SourceError(
            f"cannot read {file}: {error.strerror}; name a file, or - for standard input"
        ) from error


def input_stream() -> BinaryIO:
    """Return standard input as bytes; refuse a terminal, which would be waited for in vain."""
    if sys.stdin.isatty():
        raise typer.BadParameter("standard input is a terminal; give it a file: < FILE")
    return sys.stdin.buffer


@contextmanager
def output_stream() -> Iterator[BinaryIO]:
    """Yield standard output for bytes that are no text; refuse a terminal.

    Raises
    ------
    ExportError
        When who reads it ended before all was written.
    """
    if sys.stdout.isatty():
        raise typer.BadParameter("standard output is a terminal; send it to a file, or a command: > FILE")
    sys.stdout.flush()
    try:
        # With a buffer of its own: what a closed pipe did not take is gone with it.
        with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as stream:
            yield stream
    except BrokenPipeError as error:
        raise ExportError(
            "who reads standard output ended before all was written; what it took is of no use, run it again"
        ) from error


def refuse_several(**outputs: bool) -> None:
    """Refuse options that ask for one answer in several forms; `outputs` are given or not, by name."""
    if sum(outputs.values()) > 1:
        raise typer.BadParameter(f"give only one of --{', --'.join(outputs)}")


def main() -> None:
    """Run the command line; turn domain errors into one line on standard error and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a letter still gets the rest.
            stream.reconfigure(errors="backslashreplace")
    # Without our own lines of code.
    warnings.showwarning = lambda message, *_, **__: log.warning("%s", message)
    sys.excepthook = _say_bug
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # as of `head`, which had enough; the interpreter would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def program() -> None:
    """Run the command line in a process of its own, which ends at once where nothing is left to be done."""
    asks = sys.argv[1:2] and sys.argv[1] in ASKING
    if asks:
        one_thread()
    with uncollected() if asks else nullcontext():
        try:
            main()
        except SystemExit as ended:
            if asks and isinstance(ended.code, int):
                end_at_once(ended.code)
            raise


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    code: object = 0
    try:
        _log()
        register(arguments[0] if arguments else None)
        _command()(arguments, prog_name="related")
    except SystemExit as ended:  # how typer ends: wrong usage is reported by then
        code = ended.code or 0
    except KeyboardInterrupt:
        code = INTERRUPTED
    except RelatedError as error:
        return _report(str(error), error.exit_code, type(error).__name__, arguments)
    except OSError as error:
        return _report(_os_problem(error), ArchiveError.exit_code, type(error).__name__, arguments)
    if code == INTERRUPTED:
        return _report("interrupted; everything acknowledged is kept", INTERRUPTED, "Interrupted", arguments)
    return code if isinstance(code, int) else 1


def _command() -> Any:  # noqa: ANN401 (typer's own kind of command has no public name)
    """Return the command line, whose help names no type beside an option that takes no value.

    Values that are plain are taken as they are; see `plain_values`.
    """
    root = typer.main.get_command(app)
    waiting: list[Any] = [root]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        context = typer.Context(command, help_option_names=HELP)
        for param in command.get_params(context):
            if getattr(param, "is_flag", False):
                param.metavar = ""
            spare(param)
    return root


def _log() -> None:
    level = os.environ.get(LOG_VARIABLE, "WARNING").upper()
    if level not in logging.getLevelNamesMapping():
        raise SettingsError(f"{LOG_VARIABLE} is {level!r}; give DEBUG, INFO, WARNING or ERROR")
    handler = logging.StreamHandler()
    handler.setFormatter(_VisibleFormatter("%(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


def _say_bug(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    """Print the traceback of an error that is ours; it may quote a story."""
    sys.stderr.write(visible("".join(traceback.format_exception(error))))


def _os_problem(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place}the disk is full; free some space and run it again, nothing acknowledged is lost"
    return f"{place}{error.strerror or error}"


def _report(message: str, code: int, kind: str, arguments: list[str]) -> int:
    if "--json" in arguments:
        say_json({"error": {"type": kind, "message": message}})
    err.print(f"related: {message}", style="red")
    return code
