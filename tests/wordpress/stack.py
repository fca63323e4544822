"""A WordPress of its own: Debian's files, MariaDB on a socket and PHP's server on loopback, in one directory.

Starts only processes that it ends again, and knows nothing of what is tested.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.service.running import free_port

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PLUGIN = ROOT / "integrations" / "wordpress" / "related-stories"
WORDPRESS = Path("/usr/share/wordpress")
NEEDED = ("mariadbd", "mariadb-install-db", "php")
START_SECONDS = 60.0
STOP_SECONDS = 20.0
WORKERS = "4"  # of PHP's server: WordPress calls itself
PASSWORD = "a long password of the tests"

CONFIG = """<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:{socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', '{url}' );
define( 'WP_SITEURL', '{url}' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'DISABLE_WP_CRON', true );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '{log}' );
define( 'WP_ENVIRONMENT_TYPE', 'local' );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {{
	define( "{{$name}}_KEY", hash( 'sha256', "$name key {socket}" ) );
	define( "{{$name}}_SALT", hash( 'sha256', "$name salt {socket}" ) );
}}
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
"""


def missing() -> str:
    """Say what this machine lacks, in words; nothing where a WordPress can be started."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if not (WORDPRESS / "wp-includes" / "version.php").exists():
        lacking.append(str(WORDPRESS))
    return ", ".join(lacking)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, and those that it has started; what they hold is thrown away."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


@dataclass(frozen=True)
class Site:
    """A WordPress that runs."""

    root: Path
    url: str
    log: Path

    def run(self, command: str, *arguments: object) -> Any:
        """Call a function of site.php within WordPress, and return what it does."""
        done = subprocess.run(
            ["php", "-d", "sendmail_path=/bin/true", HERE / "site.php", self.root, command],
            input=json.dumps(arguments),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode or not done.stdout.startswith("answer:"):
            raise RuntimeError(f"{command}: {done.stdout[-2000:]} {done.stderr[-2000:]}")
        return json.loads(done.stdout.removeprefix("answer:"))

    def cron(self, times: int = 1) -> None:
        """Let WP-Cron do what is due, as a visitor would."""
        for _ in range(times):
            httpx.get(f"{self.url}/wp-cron.php?doing_wp_cron", timeout=120).raise_for_status()

    def complaints(self) -> list[str]:
        """Return what PHP had to say of the plug-in."""
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        return [line for line in lines if "related-stories" in line or "RelatedStories" in line]


@contextlib.contextmanager
def wordpress(plugin: Path) -> Iterator[Site]:
    """Run a WordPress with a plug-in in it, turned on; `plugin` is its zip file."""
    # Not pytest's directory: the name of a socket may have only 107 characters.
    with tempfile.TemporaryDirectory(prefix="related-wp-") as name, contextlib.ExitStack() as stack:
        home = Path(name)
        home.chmod(0o755)
        socket = stack.enter_context(_database(home / "db"))
        site = _files(home, socket, plugin)
        stack.enter_context(_server(home, site))
        site.run("install", PASSWORD)
        yield site


@contextlib.contextmanager
def _database(home: Path) -> Iterator[Path]:
    """Run MariaDB on a socket of its own, without a network."""
    user = f"--user={os.environ.get('USER', 'root')}" if os.getuid() else "--user=root"
    options = ["--no-defaults", f"--datadir={home / 'data'}", user]
    home.mkdir()
    subprocess.run(
        ["mariadb-install-db", *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True,
        capture_output=True,
        timeout=120,
    )
    socket = home / "sql"
    process = subprocess.Popen(
        [
            "mariadbd",
            *options,
            f"--socket={socket}",
            f"--pid-file={home / 'pid'}",
            "--skip-networking",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=64M",
        ],
        stdout=subprocess.DEVNULL,
        stderr=(home / "log").open("wb"),
        start_new_session=True,
    )
    try:
        _until(socket.exists, process, home / "log")
        yield socket
    finally:
        end(process)


def _files(home: Path, socket: Path, plugin: Path) -> Site:
    """Lay out Debian's files with a configuration of our own, and unpack the plug-in."""
    root = home / "www"
    shutil.copytree(WORDPRESS, root, ignore=shutil.ignore_patterns("wp-config.php", "languages"))
    for name in ("plugins", "uploads"):
        (root / "wp-content" / name).mkdir(parents=True, exist_ok=True)
    shutil.unpack_archive(plugin, root / "wp-content" / "plugins", "zip")
    site = Site(root, f"http://127.0.0.1:{free_port()}", home / "php.log")
    (root / "wp-config.php").write_text(CONFIG.format(socket=socket, url=site.url, log=site.log), "utf-8")
    return site


@contextlib.contextmanager
def _server(home: Path, site: Site) -> Iterator[None]:
    """Run PHP's own web server."""
    log = home / "server.log"
    process = subprocess.Popen(
        [
            *("php", "-d", "sendmail_path=/bin/true", "-d", "max_execution_time=120", "-S"),
            *(site.url.removeprefix("http://"), "-t", str(site.root), str(HERE / "router.php")),
        ],
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": WORKERS},
        stdout=subprocess.DEVNULL,
        stderr=log.open("wb"),
        start_new_session=True,
    )
    try:
        _until(lambda: _answers(f"{site.url}/readme.html"), process, log)
        yield
    finally:
        end(process)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code < 500
    except httpx.HTTPError:
        return False


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something is so, as long as the process lives."""
    end_time = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > end_time:
            raise RuntimeError(f"{process.args} did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
        time.sleep(0.05)
