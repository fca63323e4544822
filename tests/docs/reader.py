"""Who follows a page: types its commands into a shell in turn, and runs its Python between them.

A directory is all that there is: the commands on the path are those that a page may need, so that one which
is neither among them nor listed in `elsewhere.py` fails as unknown.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.docs.elsewhere import ELSEWHERE
from tests.docs.pages import Block, statements
from tests.service.running import free_port

PORTS = ("8350", "8351")  # in the documents: the service, and a CMS beside it
MAKES_THE_ARCHIVE = re.compile(r"\s*related init --archive news\b")
TOOLS = ("bash", "cat", "cp", "grep", "gzip", "mkdir", "mv", "python3", "rm", "sh", "zcat")
# Directories of a server, which are made below the reader's own.
MACHINE = re.compile(r"(?<![\w./])(?=/(var/lib/related|srv)\b)")
TYPED = "a password of some length\n"  # to whoever asks
# What goes on until it is told to stop, and what it says when it is there.
LASTING = {
    r"related serve\b": r"running on http",
    r"related work\b": r"working",
    r"related desk\b": r"/desk/link/",
    r"related follow (?![^#]*--(once|forget))": r"",
    r"\w+=\S+ python examples/sidebar/cms.py\b": r"http",
}
STAYS = "related serve"  # until the page ends; of the others a reader has seen enough
START_SECONDS = 60.0
LITESTREAM = '#!/bin/sh\nmkdir -p "${5%/*}" && cp "$6" "$5"  # make test-deploy runs the real one\n'
KEY = re.compile(r"^rel_\w+\S*$", re.MULTILINE)


def reason(statement: str) -> str | None:
    """Return why a command is not run here."""
    told = statement.lstrip()
    return next((why for begin, why in ELSEWHERE.items() if told.startswith(begin)), None)


class Reader:
    """Follows one page in a directory of its own.

    Parameters
    ----------
    place : Path
        The directory, with the newsroom's files.
    call : str
        The program that is `related` there.
    local : callable
        Changes a text's addresses to those of this machine.
    """

    def __init__(self, place: Path, call: str, local: Callable[[str], str]) -> None:
        self.place, self._local = place, local
        self._ports = {port: str(free_port()) for port in PORTS}
        self._own_archive = False
        self._state = place / ".environment"
        self._lasting: list[subprocess.Popen[str]] = []
        self.names: dict[str, Any] = {}
        tools = place / ".tools"
        tools.mkdir()
        for name in TOOLS:
            (tools / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        (tools / "python").symlink_to(sys.executable)
        _program(tools / "related", call)
        _program(tools / "litestream", LITESTREAM)
        _program(tools / "curl", f'#!/bin/sh\nexec {shutil.which("curl")} -sSf "$@"\n')
        self._environment = {
            "PATH": str(tools),
            "HOME": str(place),
            "COLUMNS": "200",
            "PYTHONUNBUFFERED": "1",
            "RELATED_WEB_PRIVATE_HOSTS": "127.0.0.1",
            "RELATED_WEB_PAUSE_SECONDS": "0",
        }

    def local(self, text: str) -> str:
        """Return a text as it is run here."""
        here = text.replace("https://related.news.example", f"http://127.0.0.1:{PORTS[0]}")
        here = re.sub(r"\b835[01]\b", lambda found: self._ports[found[0]], self._local(here))
        return MACHINE.sub(str(self.place), here)

    def follow(self, block: Block) -> None:
        """Run what stands in a block."""
        if block.language == "python":
            exec(compile(self.local(block.text), f"the block at line {block.line}", "exec"), self.names)
            return
        for statement in statements(block):
            if reason(statement) is None:
                self._type(self.local(statement), block)

    def _type(self, statement: str, block: Block) -> None:
        awaited = next((said for kind, said in LASTING.items() if re.match(kind, statement.lstrip())), None)
        if awaited is not None:
            self._begin(statement, awaited)
            return
        if MAKES_THE_ARCHIVE.match(statement) and not self._own_archive:
            shutil.rmtree(self.place / "news")
            self._own_archive = True
        environment = f". {self._state}\n" if self._state.exists() else ""
        script = f"{environment}set -euo pipefail\n{statement}\nexport -p > {self._state}\n"
        done = self._shell(script)
        said = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        assert done.returncode == 0, f"line {block.line}: {statement}\nended with {done.returncode}\n{said}"
        if found := KEY.search(done.stdout):
            self.names["key"] = self._environment["KEY"] = found[0]
            with self._state.open("a") as exported:  # the newest is meant from here on
                exported.write(f"export KEY={found[0]}\n")

    def _shell(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", script],
            cwd=self.place,
            env=self._environment,
            input=TYPED,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _begin(self, statement: str, awaited: str) -> None:
        """Start what lasts, and wait until it says that it is there."""
        log = self.place / f".lasting-{len(self._lasting)}"
        if statement.startswith(STAYS) and "--port" not in statement:
            statement = statement.replace(STAYS, f"{STAYS} --port {self._ports[PORTS[0]]}", 1)
        with log.open("w") as written:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {statement}" if statement.startswith("related") else statement],
                cwd=self.place, env=self._environment, stdin=subprocess.DEVNULL, stdout=written,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        self._lasting.append(process)
        self._await(process, log, statement, awaited)
        if not statement.startswith(STAYS):
            self.close()

    def _await(self, process: subprocess.Popen[str], log: Path, statement: str, awaited: str) -> None:
        end = time.monotonic() + START_SECONDS
        while not (log.read_text("utf-8") and re.search(awaited, log.read_text("utf-8"))):
            assert process.poll() is None, f"{statement} ended:\n{log.read_text('utf-8')}"
            assert time.monotonic() < end, f"{statement} says nothing:\n{log.read_text('utf-8')}"
            time.sleep(0.05)
        while statement.startswith(STAYS) and not self._is_ready():
            assert time.monotonic() < end, f"it does not get ready:\n{log.read_text('utf-8')}"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        return httpx.get(f"http://127.0.0.1:{self._ports[PORTS[0]]}/ready", timeout=START_SECONDS).is_success

    def close(self) -> None:
        """Tell what still runs to stop."""
        for process in self._lasting:
            process.send_signal(signal.SIGTERM)
        for process in self._lasting:
            process.wait(START_SECONDS)
        self._lasting.clear()


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
