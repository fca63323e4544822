"""The Containerfile's last stage without an engine: it serves as nobody's user, on a read-only root."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from recommender.embedding.compiled import CompiledEmbedder
from tests.install.container import Container, at_port, stages
from tests.install.debian import LACKING, Debian, lighter
from tests.service.running import free_port

LACKING_HERE = LACKING + [name for name in ("unshare",) if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(LACKING_HERE), reason=f"not here: {', '.join(LACKING_HERE)}")
SECONDS = 120.0


@pytest.fixture(scope="module")
def container(
    debian: Debian, embedder: CompiledEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Container:
    """The image, of the Debian that its base is; the builder's wheel and model are those made here."""
    base = stages()[-1][0]["value"]
    if not base.endswith(f"python:{debian.suite.python}-slim-{debian.suite.name}"):
        pytest.skip(f"the base is {base}")
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    place = tmp_path_factory.mktemp("image")
    place.chmod(0o755)
    root = place / "root"
    # What is changed there is replaced, and not written to: links do.
    command = ["cp", "--archive", "--link", str(debian.root), str(root)]
    subprocess.run(command, check=False, capture_output=True)  # /proc cannot be linked
    for left in ("proc", "var/lib/related"):
        shutil.rmtree(root / left, ignore_errors=True)
    (root / "proc").mkdir(exist_ok=True)
    subprocess.run(["chroot", str(root), "userdel", "related"], check=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")  # as the base has it
    models = place / "models"
    shutil.copytree(embedder.directory, models / embedder.directory.name)
    return Container(root, {"/opt/related": root / "opt/related", "/models": models})


@pytest.fixture(scope="module")
def serving(container: Container) -> Iterator[tuple[Container, int]]:
    """The container as an engine starts it, after `related init`."""
    made = subprocess.run(container.started("related", "init"), capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    port = free_port()
    process = subprocess.Popen(at_port(container.started(), port), stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + SECONDS
    while container.run(*at_port(container.health, port)).returncode:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < end, "its health check never succeeds"
        time.sleep(0.5)
    yield container, port
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_it_is_healthy_and_ready_as_it_is_started(serving: tuple[Container, int]) -> None:
    container, port = serving
    ask = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:{port}/ready').status)"
    end = time.monotonic() + SECONDS
    while (asked := container.run("python3", "-c", ask)).stdout != "200\n":  # the model is loaded meanwhile
        assert time.monotonic() < end, asked.stderr
        time.sleep(0.5)


def test_it_is_nobody_and_writes_nowhere_but_in_its_volume(container: Container) -> None:
    assert container.run("id", "-u").stdout == "10001\n"
    assert container.run("touch", f"{container.volume}/kept", "/tmp/passing").returncode == 0
    for place in ("/opt/related/new", "/usr/share/related/models/new", "/etc/new", "/new"):
        assert container.run("touch", place).returncode, place
    container.user = "0"  # whoever became root there
    try:
        assert "Read-only file system" in container.run("touch", "/etc/new").stderr
    finally:
        container.user = "10001"


def test_what_the_first_stage_runs_is_shell() -> None:
    """It needs a compiler and torch from indexes; its wheel and its model are made by the fixtures here."""
    runs = [step["value"] for step in stages()[0] if step["instruction"] == "RUN"]
    assert len(runs) == 4
    assert lighter() in runs[-1], "the Debians here are made lighter by another command"
    for script in runs:
        subprocess.run(["bash", "-n", "-c", script], check=True)
