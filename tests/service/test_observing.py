"""A line of the log is JSON that any terminal may show, and no traceback quotes what an error says."""

from __future__ import annotations

import io
import json
import logging
import sys

from hypothesis import given

from recommender.service.telemetry import JsonLogHandler
from tests.cli.test_cli_terminal import ACTS
from tests.strategies import FOUL_TEXT

SECRET = "Bhola"


def line_of(message: str, facts: dict[str, object] | None = None, error: BaseException | None = None) -> str:
    """Return what is written of one record."""
    record = logging.LogRecord("related.test", logging.WARNING, __file__, 1, "%s", (message,), None)
    record.facts = facts or {}
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    stream = io.StringIO()
    JsonLogHandler(stream).emit(record)
    return stream.getvalue()


def raised() -> BaseException:
    """Return an error with another below it and a group beside, each of which quotes a text."""
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ExceptionGroup(SECRET, [ValueError(f"\x1b]0;{SECRET}\x07")]) from error
    except ExceptionGroup:
        found = sys.exception()
        assert found is not None
        return found


@given(FOUL_TEXT, FOUL_TEXT)
def test_nothing_that_a_line_holds_acts_on_a_terminal(message: str, fact: str) -> None:
    line = line_of(message, {"fact": fact})
    assert not ACTS.search(line)
    assert line.count("\n") == 1
    read = json.loads(line)
    units = [text.encode("utf-16", "surrogatepass") for text in (read["event"], read["fact"], message, fact)]
    assert units[:2] == units[2:], "what is written out is the same value"


def test_a_traceback_says_where_and_nothing_of_what() -> None:
    told = json.loads(line_of("failed", error=raised()))["traceback"]
    assert SECRET not in told
    assert [name in told for name in ("KeyError", "ValueError", "ExceptionGroup", "in raised")] == [True] * 4
