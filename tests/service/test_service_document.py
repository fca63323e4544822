"""`docs/service.md` and the README are true: their lines run as they are written, and every call is told."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from recommender.service.keys import Right
from recommender.service.routes import OPERATIONS
from tests.service.cases import story
from tests.service.running import ROOT, Running, add_key, make_archive

TEXT = (ROOT / "docs" / "service.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
HERE = "http://127.0.0.1:8350"
PYTHON = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def lines() -> list[str]:
    """Return each call of curl, of one line or more."""
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    calls = (line.strip() for block in blocks for line in re.split(r"\n(?=curl )", block))
    return [line for line in calls if line.startswith("curl ")]


def called(line: str) -> tuple[str, str]:
    """Return the method and the path of a call."""
    words = shlex.split(line)
    (url,) = (word for word in words if word.startswith(HERE))
    has_body = any(word in ("-d", "--data-binary") for word in words)
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if has_body else "GET"
    return method, urlsplit(url).path


def operation(method: str, path: str) -> str | None:
    """Return the name of the operation that a call is of."""
    for one in OPERATIONS:
        if one.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path):
            return one.name
    return None


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    archive = make_archive(tmp_path_factory.mktemp("document") / "archive")
    key = add_key(archive, "cms")
    with Running(archive) as running:
        yield running.url, key


def test_every_call_is_told() -> None:
    assert {operation(*called(line)) for line in lines()} == {one.name for one in OPERATIONS}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_runs_as_it_stands(service: tuple[str, str]) -> None:
    document = httpx.get(f"{service[0]}/openapi.json").json()
    for line in lines():
        status, answer = run(line, *service)
        assert status < 300, f"{line}\n{answer}"
        assert str(status) in told_of(document, *called(line))["responses"], line
        assert '"refused":[{' not in answer, line


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_line_of_the_readme_succeeds(tmp_path: Path) -> None:
    calls = re.findall(r"^curl .*", README, re.MULTILINE)
    assert {"publish", "related"} <= {operation(*called(line)) for line in calls}
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    with Running(archive) as running:
        for line in calls:
            status, answer = run(line, running.url, key)
            assert status < 300, f"{line}\n{answer}"


def run(line: str, url: str, key: str) -> tuple[int, str]:
    """Run a call as it stands, at another address; return the status and the answer."""
    shown = line.replace(HERE, url, 1).replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1)
    done = subprocess.run(
        ["bash", "-c", shown],
        env={**os.environ, "KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    answer, _, status = done.stdout.rpartition("\n")
    return int(status), answer


def told_of(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """Return what the OpenAPI document says of a call."""
    name = operation(method, path)
    found = [one for methods in document["paths"].values() for one in methods.values()]
    (told,) = (one for one in found if one["operationId"] == name)
    return dict(told)


def test_the_client_works_as_it_is_told(service: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    (url, key), now = service, datetime.now(UTC).isoformat()  # later than any version in the document
    (example,) = (code for code in PYTHON if "Client" in code)
    with httpx.Client(base_url=url, timeout=60, headers={"authorization": f"Bearer {key}"}) as http:
        for n in (17, 19):
            assert http.post("/stories", json=story(f"story-{n}", day=n, updated=now)).is_success
    exec(example.replace(HERE, url), {"key": key, "story": story("story-30", day=30)})
    assert "purge https://news.example/story-1" in capsys.readouterr().out


@pytest.mark.parametrize("right", Right)
def test_every_right_is_told(right: Right) -> None:
    assert re.search(rf"^\| `{right}` \|", TEXT, re.MULTILINE)


def test_every_problem_is_told() -> None:
    statuses = {status for one in OPERATIONS for status in one.problems}
    told = {int(status) for status in re.findall(r"^\| (\d{3}) \|", TEXT, re.MULTILINE)}
    assert told == statuses | {405, 408, 431, 500}  # those that any request may get
    source = (ROOT / "recommender" / "service" / "problems.py").read_text("utf-8")
    kinds = re.findall(r'(?:Problem|busy)\(\s*(?:\d{3}), "([a-z-]+)"', source)
    assert all(f"`{kind}`" in TEXT for kind in kinds)


def test_every_metric_is_told(service: tuple[str, str]) -> None:
    kinds = re.findall(r"^# TYPE (related_\w+) (\w+)", httpx.get(f"{service[0]}/metrics").text, re.MULTILINE)
    told = set(re.findall(r"^\| `(related_\w+)` \|", TEXT, re.MULTILINE))
    assert told == {name for name, _ in kinds if not name.endswith("_created")}
