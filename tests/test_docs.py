"""The documents and the command line are one: every command and setting is told, and what is told is true."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from recommender import Settings, Story
from recommender.cli.app import app, run
from recommender.cli.commands import register
from recommender.engine.page_style import PageStyle
from recommender.service.settings import ServiceSettings

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = {
    path.name: path.read_text("utf-8")
    for path in (*ROOT.glob("README.md"), *sorted((ROOT / "docs").glob("*.md")))
}


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield all commands with their names, such as ``keys add``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield " ".join((*path, name)), command


register()
COMMANDS = dict(commands(typer.main.get_command(app)))


def options(command: Any) -> set[str]:
    return {"-h", "--help"} | {
        option for param in command.params for option in (*param.opts, *param.secondary_opts)
    }


def examples() -> Iterator[tuple[str, str]]:
    """Yield each line of the documents' code blocks that calls the command line."""
    for name, text in DOCUMENTS.items():
        for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if re.match(r"(\$ )?related \w", line):
                    yield name, line.removeprefix("$ ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told(name: str) -> None:
    assert any(re.search(rf"related {name}\b", text) for text in DOCUMENTS.values())


@pytest.mark.parametrize(("document", "line"), list(examples()))
def test_every_example_is_of_a_command_and_options_that_exist(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    assert name in COMMANDS
    given = {word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z][\w-]*(=.*)?", word)}
    assert given <= options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_in_the_help_is_of_options_that_exist(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*name.split(), "--help"]) == 0
    (line,) = re.findall(rf"Example: (related {name}\b.*)", capsys.readouterr().out)
    given = {word for word in shlex.split(line) if re.fullmatch(r"--?[a-z][\w-]*", word)}
    assert given <= options(COMMANDS[name])


@pytest.mark.parametrize(
    "name", [field.name for field in (*fields(Settings), *fields(PageStyle), *fields(ServiceSettings))]
)
def test_every_setting_is_told(name: str) -> None:
    assert any(re.search(rf"\b{name}\b", text) for text in DOCUMENTS.values())


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Story) if field.name not in ("extra", "embargo_until")]
)
def test_every_field_of_a_story_is_told(name: str) -> None:
    assert any(re.search(rf"\b{name}\b", text) for text in DOCUMENTS.values())


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 6, 130])
def test_every_exit_code_is_told(code: int) -> None:
    assert re.search(rf"^\| {code} \| \w", DOCUMENTS["commands.md"], re.MULTILINE)
