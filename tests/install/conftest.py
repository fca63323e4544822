"""The Debians in which the wheel is tried, each made once."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import pytest

from recommender.embedding.compiled import CompiledEmbedder
from tests.install.debian import (
    HOME,
    SEEDS,
    STORIES,
    SUITES,
    Debian,
    Suite,
    build_wheel,
    fetch_needed,
)


class Begun(NamedTuple):
    """A Debian in the making: where, by what, and what that says."""

    root: Path
    process: subprocess.Popen[bytes]
    log: TextIO


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Begun]]:
    """Those of all suites, begun at once: each waits for the network most of the time."""
    found = {}
    for suite in SUITES:
        place = tmp_path_factory.mktemp(suite.name)
        place.chmod(0o755)
        log = (place / "log").open("w+", encoding="utf-8")
        making = subprocess.Popen(suite.making(place / "root"), stdout=log, stderr=subprocess.STDOUT)
        found[suite.name] = Begun(place / "root", making, log)
    yield found
    for each in found.values():
        each.process.terminate()
        each.process.wait()
        each.log.close()


@pytest.fixture(scope="session", params=SUITES, ids=lambda suite: suite.name)
def debian(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    wheel: Path,
    begun: dict[str, Begun],
) -> Iterator[Debian]:
    """A minimal Debian with Python, the wheels, and the service's user; nothing of the project's tree."""
    suite: Suite = request.param
    root, process, log = begun[suite.name]
    if process.wait():  # no network, or a container that may make no devices
        log.seek(0)
        pytest.skip(f"no {suite.name} can be made here: {log.read()[-400:]}")
    made = Debian(root, suite)
    if not made.path(f"/usr/bin/python{suite.python}").exists():
        pytest.skip(f"{suite.name} has another Python than {suite.python} by now")
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
