"""The last stage of the Containerfile, carried out in a directory: no engine is needed. Knows no test.

Each instruction is obeyed; one that is not known here fails. The root is mounted read-only and the volume is
not, as compose.yaml has it, in a namespace of mounts that ends with the process.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from dockerfile_parse import DockerfileParser

CONTAINERFILE = Path(__file__).parents[2] / "deploy" / "container" / "Containerfile"
TOLD = {"FROM", "COMMENT", "EXPOSE", "STOPSIGNAL"}  # to an engine: nothing is done for them
# Everything that is written to must be the volume or /tmp; /proc is as an engine has it.
INSIDE = """set -e
mount --bind "$0" "$0"
mount --bind "$1" "$0$2"
mount -o remount,ro,bind "$0"
mount -t tmpfs tmpfs "$0/tmp"
mount -t proc proc "$0/proc"
root=$0; uid=$3; shift 3; shift
exec chroot --userspec="$uid:$uid" "$root" "$@"
"""


def stages() -> list[list[dict[str, str]]]:
    """Return the instructions of each stage."""
    with CONTAINERFILE.open("rb") as file:
        steps = DockerfileParser(fileobj=file).structure
    begins = [number for number, step in enumerate(steps) if step["instruction"] == "FROM"]
    return [steps[begin:end] for begin, end in zip(begins, [*begins[1:], None], strict=True)]


class Container:
    """The image that the last stage makes of a root, and what runs in it.

    Parameters
    ----------
    root : Path
        A Debian with the Python of the stage's base.
    built : mapping
        Where what is copied from the builder is, by its path there.
    """

    def __init__(self, root: Path, built: dict[str, Path]) -> None:
        self.root, self._built = root, built
        self.environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self._told: dict[str, str] = {}
        for step in stages()[-1]:
            self._obey(step["instruction"], step["value"])
        self.user, self._place, self.volume = (self._told[name] for name in ("USER", "WORKDIR", "VOLUME"))
        self._entry, self._command = (json.loads(self._told[name]) for name in ("ENTRYPOINT", "CMD"))
        self.health: list[str] = json.loads(self._told["HEALTHCHECK"].partition("CMD")[2])
        self._kept = root.with_name(f"{root.name}-volume")  # an engine copies what the image has there
        shutil.copytree(self._inside(self.volume), self._kept)
        shutil.chown(self._kept, int(self.user), int(self.user))
        self._kept.chmod(0o700)

    def _inside(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _obey(self, instruction: str, value: str) -> None:
        match instruction:
            case "RUN":
                words = ["chroot", str(self.root), "env", "-i", *self._variables(), "/bin/sh", "-c", value]
                subprocess.run(words, check=True)
            case "COPY":
                source, target = shlex.split(value)[1:]
                self._copy(self._built[source], self._inside(target))
            case "ENV":
                for word in shlex.split(value):
                    name, _, text = word.partition("=")
                    self.environment[name] = text.replace("$PATH", self.environment["PATH"])
            case "USER" | "WORKDIR" | "VOLUME" | "ENTRYPOINT" | "CMD" | "HEALTHCHECK":
                self._told[instruction] = value
            case _ if instruction not in TOLD:
                raise ValueError(f"{instruction} is not known here: {value}")

    def _copy(self, source: Path, target: Path) -> None:
        if source != target:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target)

    def _variables(self) -> list[str]:
        return [f"{name}={value}" for name, value in self.environment.items()]

    def words(self, *words: str) -> list[str]:
        """Return the command that runs another one as the image would have it run."""
        entered = ["env", "-i", f"--chdir={self._place}", *self._variables(), *words]
        place = [str(self.root), str(self._kept), self.volume, self.user, "--"]
        return ["unshare", "--mount", "/bin/sh", "-c", INSIDE, *place, *entered]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it."""
        return subprocess.run(self.words(*words), capture_output=True, text=True, check=False)

    def started(self, *command: str) -> list[str]:
        """Return the command by which an engine starts it: the entry, and a command or the image's own."""
        return self.words(*self._entry, *(command or self._command))


def at_port(words: list[str], port: int) -> list[str]:
    """Return words with another port, on the loopback alone."""
    return [re.sub(r"\b8350\b", str(port), word).replace("0.0.0.0", "127.0.0.1") for word in words]
