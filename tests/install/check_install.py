"""The wheel in a Debian without this project: installed, started by its unit, backed up, killed, restored.

Without a compiler there, and without what compiles a model: it reads the one that was compiled here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from recommender.embedding.compiled import CompiledEmbedder
from tests.service.running import free_port

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy" / "systemd" / "related.service"
SUITE = "bookworm"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
PROGRAM, HOME = "/opt/related/bin/related", "/var/lib/related"
SEEDS = ROOT / "seeds" / "18f" / "articles.jsonl"
STORIES = 25
EXPOSURE = 2.0  # of `systemd-analyze security`, 0 to 10; it calls 2 "OK"
LACKING = [name for name in ("debootstrap", "chroot") if shutil.which(name) is None]
LACKING += [] if os.geteuid() == 0 else ["root"]
LACKING += [] if sys.version_info[:2] == (3, 11) else [f"the Python of {SUITE}, 3.11, to fetch wheels for it"]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}")


def pip(*words: str | Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", *map(str, words), "--quiet"], check=True)


def unit(name: str) -> list[str]:
    """Return the values of a directive of the unit."""
    return re.findall(rf"^{name}=(.+)$", UNIT.read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project, with all that it needs as a service."""
    place = tmp_path_factory.mktemp("wheels")
    source = place / "source"
    for name in ("recommender", "index"):
        left_out = shutil.ignore_patterns("__pycache__", "*.so", "*.c")
        shutil.copytree(ROOT / name, source / name, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--wheel-dir", place, source)
    [wheel] = place.glob("related_stories-*.whl")
    pip("download", "--only-binary=:all:", "--dest", place, f"{wheel}[serve]")
    return place


class Debian:
    """A Debian in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, inside: str) -> Path:
        return self.root / inside.lstrip("/")

    def words(self, *words: str, user: str = "root") -> list[str]:
        environment = [f"HOME={HOME}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *unit("Environment")]
        return ["chroot", f"--userspec={user}:{user}", str(self.root), "env", "-i", *environment, *words]

    def run(self, *words: str, user: str = "root") -> str:
        done = subprocess.run(self.words(*words, user=user), capture_output=True, text=True)
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def related(self, *words: str) -> str:
        return self.run(PROGRAM, *words, user="related")


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Iterator[Debian]:
    """A minimal Debian with Python, the wheels, and the service's user; nothing of the project's tree."""
    root = tmp_path_factory.mktemp("debian")
    root.chmod(0o755)
    packages = "--include=python3,python3-venv"
    command = ["debootstrap", "--variant=minbase", packages, SUITE, str(root), MIRROR]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:  # no network, or a container that may make no devices
        pytest.skip(f"no Debian can be made here: {done.stdout[-200:]}{done.stderr[-200:]}")
    made = Debian(root)
    mounted = subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], capture_output=True)
    try:
        shutil.copytree(wheels, made.path("/wheels"), ignore=shutil.ignore_patterns("source"))
        assert shutil.which("gcc", path=str(made.path("/usr/bin"))) is None
        made.run("python3", "-m", "venv", "/opt/related")
        made.run("/opt/related/bin/pip", "install", "--no-index", "--find-links", "/wheels", "--quiet",
                 "related-stories[serve]")  # fmt: skip
        shutil.rmtree(made.path("/wheels"))
        made.run("useradd", "--system", "--home-dir", HOME, "--create-home", "related")
        yield made
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", str(root / "proc")], check=True)


@pytest.fixture(scope="module")
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


class Service:
    """The service as the unit starts it, but on a port that is free."""

    def __init__(self, debian: Debian, archive: str) -> None:
        [start] = unit("ExecStart")
        [user] = unit("User")
        port = free_port()
        words = shlex.split(re.sub(r"--port \d+", f"--port {port}", start))
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            debian.words("env", f"RELATED_ARCHIVE={archive}", *words, user=user), stderr=subprocess.DEVNULL
        )

    def answer(self, path: str, key: str = "") -> bytes:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            found: bytes = response.read()
        return found

    def wait(self) -> None:
        for _ in range(600):
            assert self._process.poll() is None, "the service ended"
            try:
                self.answer("/ready")
                return
            except urllib.error.URLError:  # refused, or 503 while the model is loaded
                time.sleep(0.2)
        raise AssertionError("the service is not ready")

    def end(self, number: int = signal.SIGTERM) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(60)


def blocks(service: Service, key: str) -> dict[str, list[str]]:
    """Return the ids in the block of each story."""
    ids = [json.loads(line)["id"] for line in SEEDS.read_text("utf-8").splitlines()[:STORIES]]
    found = {id: json.loads(service.answer(f"/stories/{quote(id, safe='')}/related", key)) for id in ids}
    return {id: [slot["story"]["id"] for slot in block["slots"]] for id, block in found.items()}


def test_the_doctor_finds_it_sound(filled: Debian) -> None:
    port = str(free_port())
    told = json.loads(filled.related("doctor", "--json", "--port", port))
    states = {each["what"]: each["state"] for each in told["findings"]}
    assert told["sound"], told
    assert states["loops"] == states["model"] == "ok"


def test_it_serves_and_a_backup_answers_the_same_elsewhere(filled: Debian) -> None:
    key = filled.related("keys", "add", "cms", "--rights", "read,publish").strip()
    service = Service(filled, f"{HOME}/archive")
    try:
        service.wait()
        before = blocks(service, key)
        filled.related("backup", f"{HOME}/monday")
        service.end(signal.SIGKILL)
    finally:
        service.end()
    assert any(before.values())
    filled.path(f"{HOME}/archive").rename(filled.path(f"{HOME}/lost"))
    filled.related("restore", f"{HOME}/monday", "--archive", f"{HOME}/again")
    service = Service(filled, f"{HOME}/again")
    try:
        service.wait()
        assert blocks(service, key) == before
    finally:
        service.end()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="not installed: systemd-analyze")
def test_the_unit_has_no_more_of_the_machine_than_it_needs() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"exposure level for related.service: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) < EXPOSURE
