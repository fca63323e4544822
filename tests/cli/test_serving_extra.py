"""What `related serve` misses is told by name before it is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from recommender.cli.serving import _EXTRA

ROOT = Path(__file__).parents[2]
FIRST = ("recommender.service.server", "recommender.desk.app")  # that `serve` imports
OWN = ("recommender", "index")


def test_every_library_that_the_service_imports_beyond_the_base_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    brought_by = {name: set(map(_plain, by)) for name, by in packages_distributions().items()}
    base = {_plain(each) for each in project["dependencies"]} & set().union(*brought_by.values())
    base |= {_plain(each) for name in base for each in requires(name) or () if "extra ==" not in each}
    beyond = {name for name in _libraries() if not brought_by.get(name, {name}) & base}
    assert "crawleruseragents" in beyond, "the modules of the service are found"
    assert beyond <= set(_EXTRA)


def _plain(requirement: str) -> str:
    (name,) = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()


def _libraries() -> set[str]:
    """Return what is imported where the service is, by the first part of its name."""
    found: set[str] = set()
    seen: set[str] = set()
    ahead = list(FIRST)
    while ahead:
        module = ahead.pop()
        path = ROOT / module.replace(".", "/")
        file = next(
            (each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None
        )
        if module in seen or file is None:
            continue
        seen.add(module)
        for name in _imported(ast.parse(file.read_text("utf-8")).body):
            (ahead.append if name.partition(".")[0] in OWN else found.add)(name)
        ahead.append(module.rpartition(".")[0])  # a package is imported before what it holds
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names


def _imported(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the modules that the top of a module imports; not what it tries to, or types need."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module.partition(".")[0] in OWN:
                yield from (f"{node.module}.{each.name}" for each in node.names)
