"""The wheel in Debians without this project: installed, started by its unit, backed up, killed, restored.

Without a compiler there, and without what compiles a model: it reads the one that was compiled here. In the
older release pip installs it for CPython 3.11, in the newer one uv does for 3.14; both answer the same.
"""

from __future__ import annotations

import json
import shlex
import signal

import pytest

from tests.install.debian import HOME, LACKING, PROGRAM, Debian, Service, blocks, unit
from tests.service.running import free_port

BACKUPS = "/srv/backups/related"
ANSWERS: list[dict[str, list[str]]] = []
here = pytest.mark.skipif(bool(LACKING), reason=f"not here: {', '.join(LACKING)}")


@here
def test_the_doctor_finds_it_sound(filled: Debian) -> None:
    port = str(free_port())
    told = json.loads(filled.related("doctor", "--json", "--port", port))
    states = {each["what"]: each["state"] for each in told["findings"]}
    assert told["sound"], told
    assert states["loops"] == states["model"] == "ok"
    assert f"CPython {filled.suite.python}." in json.dumps(told)
    assert filled.related("upgrade", "--check")


@here
def test_time_zones_are_there_where_the_system_has_none(filled: Debian) -> None:
    environment = ("PYTHONTZPATH=", "RELATED_ZONE=Asia/Dhaka")
    assert "Asia/Dhaka" in filled.run("env", *environment, PROGRAM, "settings", user="related")


def back_up_by_its_unit(debian: Debian) -> str:
    """Run what the unit of each night runs, beside a backup of long ago; return the new one."""
    debian.run("install", "-d", "-o", "related", "-g", "related", "-m", "0700", BACKUPS)
    debian.run("install", "-d", "-o", "related", f"{BACKUPS}/old")
    debian.run("touch", "-d", "20 days ago", f"{BACKUPS}/old")
    for line in unit("ExecStart", "related-backup.service"):
        words = shlex.split(line.replace("%%", "%").replace("$$", "$"))
        debian.run(*words, user="related")
    [made] = debian.path(BACKUPS).iterdir()
    return f"{BACKUPS}/{made.name}"


@here
def test_it_serves_and_a_backup_answers_the_same_elsewhere(filled: Debian) -> None:
    key = filled.related("keys", "add", "cms", "--rights", "read,publish").strip()
    service = Service(filled, f"{HOME}/archive")
    try:
        service.wait()
        before = blocks(service, key)
        backup = back_up_by_its_unit(filled)
        service.end(signal.SIGKILL)
    finally:
        service.end()
    assert any(before.values())
    filled.path(f"{HOME}/archive").rename(filled.path(f"{HOME}/lost"))
    filled.related("restore", backup, "--archive", f"{HOME}/again")
    service = Service(filled, f"{HOME}/again")
    try:
        service.wait()
        assert blocks(service, key) == before
    finally:
        service.end()
    ANSWERS.append(before)
    assert ANSWERS[0] == before, "another Python answers otherwise"
    assert filled.path(PROGRAM).is_symlink() is filled.suite.by_uv
