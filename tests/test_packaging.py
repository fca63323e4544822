"""What is shipped: the source archive has all that the tests need, and a missing extra says which one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ("recommender", "index", "tests")
BESIDE = (
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Makefile",
)
BUILD = "import sys; from setuptools.build_meta import build_sdist; print(build_sdist(sys.argv[1]))"
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
    found = (path for path in folder.rglob("*") if path.is_file())
    left_out = ("__pycache__", ".pyc", ".so", ".c")
    return {
        str(path.relative_to(ROOT))
        for path in found
        if not any(part in path.name or part in path.parts for part in left_out)
    }


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What the source archive holds, made from a copy: building writes beside the sources."""
    copy = tmp_path_factory.mktemp("sdist") / "project"
    copy.mkdir()
    for name in SHIPPED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in BESIDE:
        shutil.copy(ROOT / name, copy)
    done = subprocess.run([sys.executable, "-c", BUILD, str(copy)], cwd=copy, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with tarfile.open(copy / done.stdout.split()[-1]) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_source_archive_holds_all_that_its_tests_need(sdist: set[str]) -> None:
    wanted = {name for folder in SHIPPED for name in files(ROOT / folder)}
    assert sorted(wanted - sdist) == []
    assert not [name for name in sdist if "/archive" in name and name.endswith(".sqlite")]


def test_the_client_without_its_extra_names_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_HTTPX], capture_output=True, text=True, cwd=ROOT)
    assert "pip install 'related-stories[service]'" in done.stdout, done.stderr
