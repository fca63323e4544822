"""The wheel in Debians without this project: installed, started by its unit, backed up, killed, restored.

Without a compiler there, and without what compiles a model: it reads the one that was compiled here. In the
older release pip installs it for CPython 3.11, in the newer one uv does for 3.13; both answer the same.
"""

from __future__ import annotations

import json
import signal

import pytest

from tests.install.debian import HOME, LACKING, PROGRAM, Debian, Service, blocks
from tests.service.running import free_port

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
    ANSWERS.append(before)
    assert ANSWERS[0] == before, "another Python answers otherwise"
    assert filled.path(PROGRAM).is_symlink() is filled.suite.by_uv
