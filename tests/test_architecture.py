"""docs/architecture.md and the code are one: its layers are those that are checked, its files are there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`((?:recommender|index|tests|docs|scripts)/[\w/.]+\.\w+)`", TEXT)))
WAYS = dict(re.findall(r"\*\*(One [\w ]+)\.\*\* (.*?)(?=\n\n)", TEXT, re.DOTALL))
PACKAGES = ("recommender", "index")


def module_of(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def imports(file: str) -> set[str]:
    """Return the modules of ours that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return {name for name in found if name.partition(".")[0] in PACKAGES}


def reached(file: str) -> set[str]:
    """Return all modules that a file needs, however far down."""
    seen: set[str] = set()
    waiting = {module_of(file)}
    while waiting:
        module = waiting.pop()
        seen.add(module)
        path = module.replace(".", "/")
        for source in (f"{path}.py", f"{path}/__init__.py"):
            if (ROOT / source).exists():
                waiting |= imports(source) - seen
    return seen


@pytest.mark.parametrize("file", NAMED)
def test_each_file_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).exists()


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [name for layer in contracts[0]["layers"] for name in layer.split(" | ")]
    told = re.findall(r"^\| `([\w/.]+)` \|", TEXT, re.MULTILINE)
    assert [module_of(name) for name in told if name.startswith(PACKAGES)] == layers


def test_every_package_is_a_layer() -> None:
    told = {module_of(name) for name in re.findall(r"^\| `(recommender/[\w/.]+)` \|", TEXT, re.MULTILINE)}
    there = {
        f"recommender.{path.stem}"
        for path in (ROOT / "recommender").iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and not path.name.startswith("__")
    }
    assert there == told


@pytest.mark.parametrize("way", WAYS)
def test_each_way_leads_from_its_first_file_to_all_others(way: str) -> None:
    files = re.findall(r"`((?:recommender|index)/[\w/.]+\.py)`", WAYS[way])
    assert 5 <= len(files) <= 9
    assert {module_of(file) for file in files if "/service/" not in file} <= reached(files[0])


def test_few_modules_stand_in_the_hall() -> None:
    assert len(list((ROOT / "recommender").glob("*.py"))) <= 7


REASON = "hence the length"  # how a docstring ends the sentence that says why its code is longer
FILE_LINES, FUNCTION_LINES, PARAMETERS = 300, 60, 6
SOURCES = sorted(path for folder in (*PACKAGES, "scripts") for path in (ROOT / folder).rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(path: Path) -> tuple[ast.Module, str]:
    text = path.read_text("utf-8")
    return ast.parse(text), text


def functions() -> Iterator[tuple[Path, Function]]:
    for path in SOURCES:
        yield from ((path, node) for node in ast.walk(parsed(path)[0]) if isinstance(node, Function))


def says_why(node: ast.Module | Function) -> bool:
    return REASON in " ".join((ast.get_docstring(node) or "").split())


def test_no_file_is_long_without_a_reason() -> None:
    long = [path for path in SOURCES if len(parsed(path)[1].splitlines()) > FILE_LINES]
    assert not [str(path) for path in long if not says_why(parsed(path)[0])]


def test_no_file_that_is_short_says_why_it_is_long() -> None:
    say_so = [path for path in SOURCES if says_why(parsed(path)[0])]
    assert not [str(path) for path in say_so if len(parsed(path)[1].splitlines()) <= FILE_LINES]


def test_no_function_is_long_without_a_reason() -> None:
    assert not [
        f"{path}: {node.name}"
        for path, node in functions()
        if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES and not says_why(node)
    ]


def test_no_constructor_takes_many_arguments() -> None:
    for path, node in functions():
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs][1:]
        assert node.name != "__init__" or len(given) <= PARAMETERS, f"{path}: {[arg.arg for arg in given]}"
