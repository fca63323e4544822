"""A machine of a test: a namespace with a cable to its readers, and one to its servers that can be cut."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """A network namespace.

    Attributes
    ----------
    name : str
        Of the namespace.
    host, outside : str
        Where readers reach it, and where it reaches them.
    gateway, network : str
        Where it reaches servers of this machine, and from which addresses.
    cable : str
        This end of the cable to the servers.
    """

    name: str
    host: str
    outside: str
    gateway: str
    network: str
    cable: str

    def command(self, *words: str) -> list[str]:
        """Return a command that runs there."""
        return ["ip", "netns", "exec", self.name, *words]

    def cut(self) -> None:
        """Let nothing through to the servers or back; nobody is told."""
        _ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Let all through again."""
        _ip("link", "set", self.cable, "up")


def why_not() -> str:
    """Return why there can be no such machine here, "" where there can."""
    if not shutil.which("ip"):
        return "there is no program ip"
    probe = f"related-probe-{os.getpid()}"
    done = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"no namespace can be made: {done.stderr.strip()}"
    _ip("netns", "delete", probe)
    return ""


@contextmanager
def machine() -> Iterator[Machine]:
    """Yield a machine, which is gone at the end; as root alone."""
    number = os.getpid() % 250
    name, net = f"related-{os.getpid()}", f"198.18.{number}"
    with ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "delete", name)
        for cable, here, there in (("readers", 1, 2), ("servers", 5, 6)):
            ours, theirs = f"{cable[0]}a{os.getpid()}", f"{cable[0]}b{os.getpid()}"
            _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
            _ip("address", "add", f"{net}.{here}/30", "dev", ours)
            _ip("link", "set", ours, "up")
            _ip("-n", name, "address", "add", f"{net}.{there}/30", "dev", theirs)
            _ip("-n", name, "link", "set", theirs, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield Machine(name, f"{net}.2", f"{net}.1", f"{net}.5", f"{net}.4/30", f"sa{os.getpid()}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
