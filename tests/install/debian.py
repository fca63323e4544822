"""A Debian in a directory, and the service in it as its unit starts it. Knows nothing of what is tried."""

from __future__ import annotations

import importlib.metadata
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
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from packaging.requirements import Requirement

from tests.service.running import free_port

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
MIRROR = os.environ.get("DEBIAN_MIRROR", "http://deb.debian.org/debian")
UBUNTU = os.environ.get("UBUNTU_MIRROR", "http://archive.ubuntu.com/ubuntu")
PROGRAM, HOME = "/opt/related/bin/related", "/var/lib/related"
SEEDS = ROOT / "seeds" / "18f" / "articles.jsonl"
STORIES = 25
SLIM = "related-stories[serve]"
LACKING = [name for name in ("debootstrap", "chroot") if shutil.which(name) is None]
LACKING += [] if os.geteuid() == 0 else ["root"]
LACKING += [] if sys.version_info[:2] == (3, 11) else ["Python 3.11, to fetch wheels for it"]
GLIBC = ("17", "27", "28", "31")  # of the wheels that are taken: up to what the older suite has


@dataclass(frozen=True)
class Suite:
    """A release of Debian or of its like, its Python, and whether uv installs there, or pip.

    `script` is that of debootstrap which knows how to make it, where none has its name.
    """

    name: str
    python: str
    by_uv: bool
    mirror: str = MIRROR
    script: str = ""
    components: str = "main"

    def making(self, root: Path) -> list[str]:
        """Return the command that makes a minimal one in a directory."""
        packages = "python3" if self.by_uv else "python3,python3-venv"
        script = [f"/usr/share/debootstrap/scripts/{self.script}"] if self.script else []
        told = ["--variant=minbase", f"--include={packages}", f"--components={self.components}"]
        return ["debootstrap", *told, self.name, str(root), self.mirror, *script]


# The oldest Python and the newest are tried each time, those between where the environment asks for them.
KNOWN = (
    Suite("bookworm", "3.11", by_uv=False),
    Suite("noble", "3.12", False, UBUNTU, "gutsy", "main,universe"),
    Suite("trixie", "3.13", by_uv=True),
    Suite("forky", "3.14", by_uv=True, script="sid"),
)
ASKED = os.environ.get("SUITES", "bookworm forky").split()
SUITES = tuple(suite for suite in KNOWN if suite.name in ASKED)


def pip(*words: str | Path) -> None:
    """Run pip of this environment."""
    subprocess.run([sys.executable, "-m", "pip", *map(str, words), "--quiet"], check=True)


def unit(name: str, of: str = "related.service") -> list[str]:
    """Return the values of a directive of a unit."""
    return re.findall(rf"^{name}=(.+)$", (UNITS / of).read_text("utf-8"), re.MULTILINE)


def build_wheel(place: Path) -> Path:
    """Return the wheel of this project, built from a copy without what was compiled here."""
    source = place / "source"
    for name in ("recommender", "index"):
        left_out = shutil.ignore_patterns("__pycache__", "*.so", "*.c")
        shutil.copytree(ROOT / name, source / name, ignore=left_out)
    for name in ("pyproject.toml", "README.md", "LICENSE", "scripts/build_kernels.py"):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    pip("wheel", "--no-deps", "--wheel-dir", place, source)
    [wheel] = place.glob("related_stories-*.whl")
    return wheel


def needed(wheel: Path, python: str) -> list[str]:
    """Return what the slim service needs on a Python; pip would ask which one it runs on itself."""
    [about] = importlib.metadata.distributions(path=[str(wheel)])
    wanted = [Requirement(each) for each in about.requires or []]
    extras = ("", "service")  # "serve" is another name of it
    here = [{"python_version": python, "extra": extra} for extra in extras]
    return [
        str(Requirement(str(each).partition(";")[0]))
        for each in wanted
        if each.marker is None or any(each.marker.evaluate(environment) for environment in here)
    ]


def fetch_needed(wheel: Path, suite: Suite, place: Path) -> None:
    """Fetch what the slim service needs as wheels for a suite's Python, and uv where that installs."""
    shutil.copy(wheel, place)
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC]
    machine = [f"--python-version={suite.python}", "--implementation=cp", *platforms]
    machine += ["--platform=manylinux2014_x86_64", "--platform=linux_x86_64"]
    pip("download", "--only-binary=:all:", *machine, "--dest", place, *needed(wheel, suite.python))
    if suite.by_uv:
        pip("download", "--only-binary=:all:", "--no-deps", "--dest", place, "uv>=0.9,<1")


def lighter() -> str:
    """Return the command that takes away what nothing needs; docs and Containerfile have the same."""
    command: str
    [command] = re.findall(r"^rm -f /opt/related/.+$", (ROOT / "docs/install.md").read_text("utf-8"), re.M)
    return command


class Debian:
    """A Debian in a directory."""

    def __init__(self, root: Path, suite: Suite) -> None:
        self.root, self.suite = root, suite

    def path(self, inside: str) -> Path:
        """Return where a path inside is outside."""
        return self.root / inside.lstrip("/")

    def words(self, *words: str, user: str = "root") -> list[str]:
        """Return the command that runs another one inside, with the environment of the unit."""
        environment = [f"HOME={HOME}", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *unit("Environment")]
        return ["chroot", f"--userspec={user}:{user}", str(self.root), "env", "-i", *environment, *words]

    def run(self, *words: str, user: str = "root") -> str:
        """Run a command inside, and return what it says."""
        done = subprocess.run(self.words(*words, user=user), capture_output=True, text=True)
        assert done.returncode == 0, f"{shlex.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    def related(self, *words: str) -> str:
        """Run the installed command as the user of the service."""
        return self.run(PROGRAM, *words, user="related")

    def install(self, wheels: Path) -> None:
        """Install the slim service from wheels, as docs/install.md says."""
        shutil.copytree(wheels, self.path("/wheels"))
        given = ("--no-index", "--find-links", "/wheels", SLIM)
        if self.suite.by_uv:
            [uv] = self.path("/wheels").glob("uv-*.whl")
            with zipfile.ZipFile(uv) as held:
                [name] = (name for name in held.namelist() if name.endswith("/scripts/uv"))
                self.path("/usr/local/bin/uv").write_bytes(held.read(name))
            self.path("/usr/local/bin/uv").chmod(0o755)
            places = ("UV_TOOL_DIR=/opt/related/tools", "UV_TOOL_BIN_DIR=/opt/related/bin")
            self.run("env", *places, "/usr/local/bin/uv", "tool", "install", "--no-cache", "--quiet",
                     "--no-python-downloads", *given)  # fmt: skip
        else:
            self.run("python3", "-m", "venv", "/opt/related")
            self.run("/opt/related/bin/pip", "install", "--quiet", *given)
            self.run("sh", "-ec", lighter())
            assert not list(self.path("/opt/related").rglob("*_gpu_plugin.so")), "they lie elsewhere by now"
        shutil.rmtree(self.path("/wheels"))


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
        """Return what it answers; raise where that is an error."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=60) as response:
            found: bytes = response.read()
        return found

    def wait(self) -> None:
        """Wait until an answer would be right."""
        for _ in range(600):
            assert self._process.poll() is None, "the service ended"
            try:
                self.answer("/ready")
                return
            except urllib.error.URLError:  # refused, or 503 while the model is loaded
                time.sleep(0.2)
        raise AssertionError("the service is not ready")

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal, and wait for its end."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait(60)


def blocks(service: Service, key: str) -> dict[str, list[str]]:
    """Return the ids in the block of each story."""
    ids = [json.loads(line)["id"] for line in SEEDS.read_text("utf-8").splitlines()[:STORIES]]
    found = {id: json.loads(service.answer(f"/stories/{quote(id, safe='')}/related", key)) for id in ids}
    return {id: [slot["story"]["id"] for slot in block["slots"]] for id, block in found.items()}
