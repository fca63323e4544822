"""A standalone Milvus of the tests, out of the package `milvus`. Knows nothing of what is kept in it.

It is told to find its parts on loopback; this version listens on all addresses all the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PACKAGE = "milvus"
_START_SECONDS = 180.0
_PARTS = ("rootCoord", "proxy", "queryCoord", "queryNode", "indexNode", "dataCoord", "dataNode")
_ETCD = """\
name: default
data-dir: {home}/etcd
listen-client-urls: http://127.0.0.1:{client}
advertise-client-urls: http://127.0.0.1:{client}
listen-peer-urls: http://127.0.0.1:{peer}
initial-advertise-peer-urls: http://127.0.0.1:{peer}
initial-cluster: default=http://127.0.0.1:{peer}
log-level: error
"""


def is_installed() -> bool:
    """Return whether the package is there; nothing of it is imported."""
    return importlib.util.find_spec(PACKAGE) is not None


class MilvusServer:
    """One server, started by `start`; `kill` and `start` again are a crash and its recovery."""

    def __init__(self) -> None:
        import milvus  # it unpacks its programs, and is installed by `make test-scale` alone

        self.home = Path(tempfile.mkdtemp(prefix="related-milvus-"))
        config = milvus.MilvusServerConfig(data_dir=str(self.home))
        ports = free_ports(14)
        for name in [each for each in config.configurable_items if each.endswith("_port")]:
            config.configs[name] = ports.pop()
        for part in _PARTS:
            config.set(f"{part}.ip", "127.0.0.1")
        config.set("log.level", "error")
        config.set("log.stdout", "false")
        config.set("queryNode.segcore.interimIndex.enableIndex", "false")  # as docs/scaling.md asks for
        config.resolve()
        milvus._initialize_data_files(str(self.home))
        self.port, self._health = int(config.get("proxy_port")), ports.pop()
        etcd = self.home / "configs" / "etcd.yaml"
        etcd.write_text(_ETCD.format(home=self.home, client=config.get("etcd_port"), peer=ports.pop()))
        settings = self.home / "configs" / "milvus.yaml"
        told = re.sub(r"(?m)^etcd:\n", f"etcd:\n  config:\n    path: {etcd}\n", settings.read_text())
        settings.write_text(told.replace("endpoints: localhost:", "endpoints: 127.0.0.1:"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it, and return when it is well."""
        program = self.home / "bin" / "milvus"
        environment = os.environ | {
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(self._health),
            "MILVUS_RUN_DIR": str(self.home / "run"),
            "LD_LIBRARY_PATH": str(program.parent),
        }
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, "run", "standalone"],
                cwd=self.home,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                address = f"http://127.0.0.1:{self._health}/healthz"
                with urllib.request.urlopen(address, timeout=5) as answer:
                    if b"OK" in answer.read():
                        return
            time.sleep(0.2)
        raise TimeoutError((self.home / "log").read_text("utf-8", "replace")[-2000:])

    def kill(self) -> None:
        """Kill it at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=60)
            self._process = None

    def stop(self) -> None:
        """End it, and delete all it has written: what it would save while it ends is of no use."""
        self.kill()
        shutil.rmtree(self.home, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
