"""Values that typer is not asked about are what it would make of them, at every option of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from recommender.cli import app
from recommender.cli.commands import register
from recommender.cli.plain_values import spare

VALUES = (None, "", "news", "7", "007", "0", "-1", "1.5", " 7", "\u0667", "9" * 30, "a\udcff")


def params(command: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the parameters of a command and of those below it, but for those that end it at once."""
    context = typer.Context(command)
    for param in command.params:
        if not param.is_eager:
            yield f"{path} {param.name}", context, param
    for name, each in getattr(command, "commands", {}).items():
        yield from params(each, f"{path} {name}")


def made(param: Any, context: Any, value: object) -> str:
    try:
        return repr(param.process_value(context, value))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_a_value_is_what_typer_makes_of_it(value: str | None) -> None:
    register(None)
    differ, count = {}, 0
    for name, context, param in params(typer.main.get_command(app)):
        given = (value, param.default)
        asked = [made(param, context, each) for each in given]
        spare(param)
        count += 1
        if (plain := [made(param, context, each) for each in given]) != asked:
            differ[name] = plain, asked
    assert count > 100
    assert differ == {}
