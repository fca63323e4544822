"""No import goes from `index` to `recommender`, and the daily path loads none of the heavy packages."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers", "sentence_transformers", "sklearn", "nncf", "huggingface_hub", "pandas"}


UNKNOWN = {
    "SQL": ("sqlalchemy", "sqlite3"),
    "HTTP": ("http", "httpx", "starlette", "uvicorn"),
    "arrays": ("numpy",),
    "index": ("index.base", "index.exact", "index.faiss"),
    "archive": ("recommender.archive",),
    "stories": ("recommender.story.story",),
    "ranking": ("recommender.ranking",),
    "runtime": ("openvino", "torch"),
}
"""Packages that none imports whose docstring says that it does not know the subject."""


def imports(file: Path) -> Iterator[str]:
    """Yield what a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_index_knows_nothing_of_stories() -> None:
    found = {name for file in (ROOT / "index").rglob("*.py") for name in imports(file)}
    assert "numpy" in found
    assert not [name for name in found if name.startswith(("recommender", "."))]


def test_nothing_outside_the_tests_imports_the_tests() -> None:
    files = [file for folder in ("index", "recommender", "scripts") for file in (ROOT / folder).rglob("*.py")]
    assert not [file for file in files if any(name.partition(".")[0] == "tests" for name in imports(file))]


def test_nothing_is_read_from_disk_or_wire_that_could_run_code() -> None:
    files = [file for folder in ("index", "recommender", "scripts") for file in (ROOT / folder).rglob("*.py")]
    loaders = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
    assert not [file for file in files if loaders & {name.partition(".")[0] for name in imports(file)}]


@pytest.mark.parametrize("subject", UNKNOWN)
def test_a_module_imports_nothing_of_what_it_says_that_it_does_not_know(subject: str) -> None:
    files = [file for folder in ("index", "recommender") for file in (ROOT / folder).rglob("*.py")]
    says_so = re.compile(rf"(?i:knows?) (?:no|nothing of)\b[^.:;]*\b{subject}\b")
    say_so = [
        file for file in files if says_so.search(ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "")
    ]
    assert say_so
    unknown = tuple(f"{name}." for name in UNKNOWN[subject])
    for file in say_so:
        assert not [name for name in imports(file) if f"{name}.".startswith(unknown)], file


@pytest.mark.parametrize("module", ["index", "recommender", "recommender.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)}
    assert module.partition(".")[0] in loaded
    assert not loaded & HEAVY


def test_to_import_the_package_loads_nothing_before_something_of_it_is_asked_for() -> None:
    code = (
        "import sys, recommender\n"
        "print([name for name in ('numpy', 'sqlalchemy', 'recommender.library') if name in sys.modules])\n"
        "print(all(hasattr(recommender, name) for name in recommender.__all__))\n"
        "print(hasattr(recommender, 'Nothing'), set(recommender.__all__) <= set(dir(recommender)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines() == ["[]", "True", "False True"]


def test_the_client_names_its_extra_where_that_is_missing() -> None:
    code = "import sys; sys.modules['httpx'] = None; import recommender.client"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "pip install 'related-stories[service]'" in done.stderr
