"""What `related doctor` looks at of an installation and a machine. Changes nothing; knows no terminal."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server
from urllib.parse import urlsplit
from urllib.request import getproxies

from index.storage.kernels import CHOICE, COMPILED
from recommender.cli.archive_option import as_option
from recommender.cli.serving import LOOPBACK, PORT, missing_extra
from recommender.cli.settings_reference import effective
from recommender.errors import SettingsError
from recommender.settings import Settings, load_settings
from recommender.story.language_detectors import HAS_CLD2

FREE = 500 << 20
"""Bytes that a disk should have left: an archive of 100,000 stories takes as much when it is derived anew."""

WRONG_CPU = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # make numpy compute for another processor
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "GOTO_NUM_THREADS")
FREE_FILES = 1000  # that a disk should take yet: a snapshot is some dozens
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
PROXIED, PROXY_SCHEMES = ("http", "https", "all"), ("http", "https")
CLOCK_SECONDS = 120.0  # by which clocks of one machine never differ
ANSWER_SECONDS = 2.0  # that a service may take to say that it is there
MOST_ANSWER = 1000  # bytes of it
HEALTH, HEALTHY = "/health", {"status": "ok"}
SET_CLOCK = "sudo timedatectl set-ntp true"


class State(StrEnum):
    """How a thing stands: as it should, worth knowing, or to be mended."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, in words, and the command that mends it."""

    what: str
    state: State
    words: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """What is looked at: an archive, which need not be there, and where a service would listen."""

    archive: Path
    host: str = LOOPBACK
    port: int = PORT


def of_installation(_: Place) -> Iterator[Finding]:
    """Look at the package, its loops, its extras and the variables of its arithmetic."""
    words = f"related-stories {version('related-stories')}, CPython {platform.python_version()}"
    yield Finding("package", State.OK, words)
    yield _loops()
    if lacking := missing_extra():
        words = f"not installed: {', '.join(lacking)}"
        yield Finding("service", State.NOTE, words, "pip install 'related-stories[serve]'")
    else:
        yield Finding("service", State.OK, "installed")
    if not HAS_CLD2:
        words = "CLD2 is not installed: the languages of short texts stay open unless they are declared"
        yield Finding("languages", State.NOTE, words, "pip install pycld2")
    yield _arithmetic()
    yield from _ways_out()


def _ways_out() -> Iterator[Finding]:
    """Look at the variables by which requests to other machines find their certificates and their proxy."""
    for name in CERTIFICATES:
        if (path := os.environ.get(name)) and not os.access(path, os.R_OK):
            words = f"{name}={path} cannot be read: no certificate of another machine can be checked"
            yield Finding("certificates", State.FAULT, words, f"unset {name}")
    for scheme, address in sorted(getproxies().items()):
        if scheme in PROXIED and urlsplit(address).scheme not in PROXY_SCHEMES:
            words = f"{scheme}_proxy is no address of a proxy that is known here; write http://HOST:PORT"
            yield Finding("proxy", State.FAULT, words, f"unset {scheme}_proxy {scheme.upper()}_PROXY")


def _loops() -> Finding:
    if COMPILED:
        return Finding("loops", State.OK, "compiled")
    if os.environ.get(CHOICE) == "numpy":
        return Finding("loops", State.FAULT, f"numpy, because {CHOICE} asks for it", f"unset {CHOICE}")
    words = "numpy: a block takes a third longer; with a C compiler (apt install gcc python3-dev):"
    mend = "pip install --force-reinstall --no-deps --no-binary related-stories related-stories"
    return Finding("loops", State.FAULT, words, mend)


def _arithmetic() -> Finding:
    given = {name: os.environ[name] for name in (*WRONG_CPU, *THREADS) if os.environ.get(name)}
    wrong = {name: "chooses code for another processor" for name in given if name in WRONG_CPU}
    most = os.cpu_count() or 1
    for name in THREADS:
        text = given.get(name, "1")
        if not (text.isdecimal() and 1 <= int(text) <= most):
            wrong[name] = f"is no number of threads from 1 to {most}"
    if wrong:
        words = "; ".join(f"{name}={given[name]} {why}" for name, why in wrong.items())
        return Finding("arithmetic", State.FAULT, words, f"unset {' '.join(wrong)}")
    return Finding("arithmetic", State.OK, f"{most} processors, OpenBLAS as it chooses")


def of_settings(place: Place) -> Iterator[Finding]:
    """Look whether every setting can be what it is."""
    try:
        changed = sum(one.value != one.default for one in effective(place.archive))
    except SettingsError as error:
        mend = f"related settings {as_option(place.archive)}"
        yield Finding("settings", State.FAULT, f"{error}; correct it, then see:", mend)
    else:
        yield Finding("settings", State.OK, f"sound, {changed} of them not the default")


def settings_of(place: Place) -> Settings:
    """Return the settings that hold, or the defaults where those cannot be read."""
    try:
        return load_settings(place.archive)
    except SettingsError:
        return Settings()


def of_machine(place: Place) -> Iterator[Finding]:
    """Look at the clock, the disk of the models, and the port of the service."""
    off = clock_off()
    if abs(off) > CLOCK_SECONDS:
        side = "after" if off > 0 else "before"
        words = f"this process reads {abs(off):,.0f} seconds {side} the system's clock"
        yield Finding("clock", State.FAULT, words, SET_CLOCK)
    else:
        yield Finding("clock", State.OK, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    if full := full_disk(settings_of(place).cache_dir):
        yield Finding("disk of models", State.FAULT, *full)
    yield _port(place)


def clock_off() -> float:
    """Return by how many seconds this process is ahead of the kernel's clock; 0 where that has none."""
    try:
        lines = Path("/proc/stat").read_text("ascii").splitlines()
        booted = next(float(line.split()[1]) for line in lines if line.startswith("btime "))
        return time.time() - booted - float(Path("/proc/uptime").read_text("ascii").split()[0])
    except (OSError, StopIteration, ValueError, IndexError):
        return 0.0


def full_disk(path: Path) -> tuple[str, str] | None:
    """Return what is wrong with the room on a path's disk, and what shows it; None where there is enough."""
    there = seen(path)
    held = os.statvfs(there)
    if held.f_files and held.f_favail < FREE_FILES:
        words = f"{there} takes {held.f_favail:,} files more, however small; delete some of others:"
        return words, f"df -i {quoted(there)}"
    free = shutil.disk_usage(there).free
    if free >= FREE:
        return None
    return (
        f"{there} has {free / 1e6:,.0f} MB free, less than {FREE / 1e6:,.0f}; make room:",
        f"df -h {quoted(there)}",
    )


def quoted(path: Path) -> str:
    """Return a path as a shell reads it, in a command that works as it stands."""
    return shlex.quote(str(path))


def seen(path: Path) -> Path:
    """Return a path, or the nearest of those above it that there is and that may be seen."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if os.path.exists(each))


def _port(place: Place) -> Finding:
    family = AF_INET6 if ":" in place.host else AF_INET
    try:
        create_server((place.host, place.port), family=family).close()
    except OSError as error:
        if _answers(place):
            words = f"{place.port} of {place.host}: a service runs there"
            return Finding("port", State.NOTE, words)
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        words = f"{place.port} of {place.host}: {reason}; take another:"
        mend = f"related serve {as_option(place.archive)} --port {place.port + 1}"
        return Finding("port", State.FAULT, words, mend)
    return Finding("port", State.OK, f"{place.port} of {place.host} is free")


def _answers(place: Place) -> bool:
    """Return whether a service of ours answers on the port."""
    connection = HTTPConnection(place.host, place.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", HEALTH)
        answer = connection.getresponse()
        return answer.status == HTTPStatus.OK and json.loads(answer.read(MOST_ANSWER)) == HEALTHY
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
