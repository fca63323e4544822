"""The Debians in which the wheel is tried, each made once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.embedding.compiled import CompiledEmbedder
from tests.install.debian import (
    HOME,
    MIRROR,
    SEEDS,
    STORIES,
    SUITES,
    Debian,
    Suite,
    build_wheel,
    fetch_needed,
)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session", params=SUITES, ids=lambda suite: suite.name)
def debian(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, wheel: Path
) -> Iterator[Debian]:
    """A minimal Debian with Python, the wheels, and the service's user; nothing of the project's tree."""
    suite: Suite = request.param
    root = tmp_path_factory.mktemp(suite.name)
    root.chmod(0o755)
    packages = "--include=python3,python3-venv"
    command = ["debootstrap", "--variant=minbase", packages, suite.name, str(root), MIRROR]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:  # no network, or a container that may make no devices
        pytest.skip(f"no {suite.name} can be made here: {done.stdout[-200:]}{done.stderr[-200:]}")
    made = Debian(root, suite)
    mounted = subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], capture_output=True)
    try:
        assert shutil.which("gcc", path=str(made.path("/usr/bin"))) is None
        wheels = tmp_path_factory.mktemp(f"wheels-{suite.name}")
        fetch_needed(wheel, suite, wheels)
        made.install(wheels)
        made.run("useradd", "--system", "--home-dir", HOME, "--create-home", "related")
        yield made
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(root / "proc")], check=True)
        shutil.rmtree(root, ignore_errors=True)  # a gigabyte


@pytest.fixture(scope="session")
def filled(debian: Debian, embedder: CompiledEmbedder) -> Debian:
    """The same with the model that was compiled here, an archive and some stories."""
    models = debian.path(f"{HOME}/models")
    models.mkdir()
    shutil.copytree(embedder.directory, models / embedder.directory.name)
    lines = SEEDS.read_text("utf-8").splitlines(keepends=True)[:STORIES]
    debian.path(f"{HOME}/stories.jsonl").write_text("".join(lines), "utf-8")
    debian.run("chown", "-R", "related:related", HOME)
    debian.related("init")
    debian.related("import", "json", f"{HOME}/stories.jsonl")
    return debian
