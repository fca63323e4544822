"""The OpenAPI document: it is true, by schemathesis and by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import pytest
from starlette.requests import Request

from recommender.client import Client
from recommender.service import answer_schemas, request_parsing, request_schemas
from recommender.service.problems import Problem
from recommender.service.routes import OPERATIONS
from tests.service.cases import story
from tests.service.conftest import Shared
from tests.service.held_ids import KEPT, SPARE
from tests.service.running import ROOT

EXAMPLES = 20  # an operation and phase; with the seed fixed, the whole run takes some 20 seconds
RUN_SECONDS = 480
ISOLATES = (
    *range(0x202A, 0x202D),
    *range(0x2066, 0x206A),
)  # refused unless each is closed: no pattern says it
# Left out: that data which fits the schema is accepted. That a headline holds no markup, that a language tag
# is one, that a time lies in this era: a schema cannot say it, and a refusal with 422 is then right.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)


def answered(shared: Shared) -> Counter[tuple[str, str, int]]:
    """Return how often each operation was answered with each status, as the service counts it."""
    text = httpx.get(f"{shared.running.url}/metrics").text
    found = re.findall(
        r'^related_requests_total{method="(.+?)",route="(.+?)",status="(\d+)"} (\S+)$', text, re.M
    )
    return Counter({(method, route, int(status)): int(float(n)) for method, route, status, n in found})


def test_schemathesis_finds_nothing_and_gets_everywhere(
    shared: Shared, client: Client, tmp_path: Path
) -> None:
    client.publish_many([story(id, day=n % 28 + 1) for n, id in enumerate([*KEPT, *SPARE])])
    before = answered(shared)
    # Its own list of refusals lacks 413 and 431, which a text of too many characters meets first.
    refusals = [400, 401, 403, 404, 405, 409, 413, 415, 422, 431]
    # While nothing is counted, what browsers tell is not read; one address may tell no more than so often.
    (tmp_path / "schemathesis.toml").write_text(
        f"[checks.negative_data_rejection]\nexpected-statuses = {refusals}\n"
        '[[operations]]\ninclude-operation-id = "beacon"\n'
        f"checks.negative_data_rejection.expected-statuses = {[*refusals, 204, 429]}\n"
    )
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{shared.running.url}/openapi.json",
        "--header", f"Authorization: Bearer {shared.all}", "--checks", ",".join(CHECKS),
        "--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color",
    ]  # fmt: skip
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.service.held_ids", "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=RUN_SECONDS)
    failed = [str(line["traceback"]) for line in shared.running.log if "traceback" in line]
    assert run.returncode == 0, "\n".join([run.stdout[-8000:], run.stderr[-2000:], *failed[:1]])
    assert f"Tested: {len(OPERATIONS) - 1}" in run.stdout or f"Tested: {len(OPERATIONS)}" in run.stdout
    now = answered(shared) - before
    assert not [key for key in now if key[2] == 500]
    for operation in OPERATIONS:
        reached = {
            status for method, route, status in now if (method, route) == (operation.method, operation.path)
        }
        assert reached & operation.answers.keys(), f"{operation.name} never came to its work: {reached}"
        if "{" in operation.path:
            assert {404, 422} & reached, (
                f"{operation.name} was not tried with ids that are not held: {reached}"
            )


def test_the_schema_of_a_name_says_what_is_refused() -> None:
    for pattern, check in (
        (request_schemas.NO_BREAKS, request_parsing.editor),
        (request_schemas.NO_CONTROLS, _as_id),
    ):
        for code in (*range(0x2100), 0xFEFF, 0x1F600):
            says_no = re.search(pattern, f"a{chr(code)}b") is None
            assert says_no == is_refused(check, f"a{chr(code)}b") or code in ISOLATES, hex(code)


def _as_id(text: str) -> str:
    return request_parsing.path_id(Request({"type": "http", "path_params": {"id": quote(text)}}), "id")


def is_refused(check: Callable[[str], str], text: str) -> bool:
    try:
        check(text)
    except Problem:
        return True
    return False


def test_every_act_says_when_it_is_refused_or_does_nothing(http: httpx.Client) -> None:
    for methods in http.get("/openapi.json").json()["paths"].values():
        for described in methods.values():
            if "`edit`" in described.get("description", ""):
                assert "does nothing" in described["description"].lower(), described["operationId"]
    for one in (story("own-1"), story("own-2", day=2)):
        http.post("/stories", json=one)
    own = http.put("/stories/own-1/pins/own-1")
    assert (own.status_code, "own block" in own.json()["detail"]) == (422, True)
    for by in ("a\x00b", "a\nb", "a\u202eb", "<b>a</b>", "x" * 201):
        assert http.put("/stories/own-1/exclusions/own-2", json={"by": by}).status_code == 422, repr(by)


def test_every_operation_has_a_summary_an_example_and_its_problems(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    described = {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(described) == {(operation.method, operation.path) for operation in OPERATIONS}
    for operation in OPERATIONS:
        found = described[operation.method, operation.path]
        assert found["summary"]
        assert bool(found["security"]) == (operation.right is not None)
        if operation.right is not None:
            assert {"401", "403", "429", "503"} <= found["responses"].keys()
        if operation.body is not None:
            assert "example" in next(iter(found["requestBody"]["content"].values()))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_example_is_what_its_schema_says(operation: object) -> None:
    bodies = [operation.body] if operation.body else []
    for part in (*bodies, *operation.answers.values()):
        kinds = next(iter(part.content.values()), ()) if part.content else ()
        if kinds and part.example is not None:
            msgspec.convert(part.example, kinds[0])


def test_answers_hold_what_the_document_says_and_nothing_else(http: httpx.Client) -> None:
    http.post("/stories", json=story("told-1"))
    answers = {
        answer_schemas.PublishedOut: http.post("/stories", json=story("told-2", day=2)),
        answer_schemas.BlockOut: http.get("/stories/told-2/related"),
        answer_schemas.EditedOut: http.put("/stories/told-2/pins/told-1"),
        answer_schemas.ReadyOut: http.get("/ready"),
        answer_schemas.HealthOut: http.get("/health"),
        answer_schemas.ProblemOut: http.get("/stories/never/related"),
    }
    for kind, answer in answers.items():
        read = msgspec.json.decode(answer.content, type=kind)
        assert msgspec.to_builtins(read) == answer.json(), kind
