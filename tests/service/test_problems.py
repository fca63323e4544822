"""Errors over HTTP: each is a problem that says what is wrong and the way out."""

from __future__ import annotations

import httpx
import pytest

from tests.service.cases import story
from tests.service.conftest import LIMIT, Shared

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}


def problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, object] = answer.json()
    assert found["status"] == status
    assert found["title"]
    return found


def test_a_refused_story_names_field_value_and_way_out(http: httpx.Client) -> None:
    found = problem(http.post("/stories", json=story("bad", url="javascript:alert(1)")), 422)
    assert found["type"] == "urn:related-stories:problem:story-refused"
    assert (found["story"], found["field"]) == ("bad", "url")
    assert found["value"] == "'javascript:alert(1)'"
    assert found["way_out"] == "send an absolute http or https URL, or leave it out"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe", "not"),
        (b'{"id": "x"}', "headline is missing"),
        (b'{"id": 7}', "is a number"),
        (b"[" * 40_000, "nested too deeply"),
        (b"[" * 100_000, "more than 50,000 values"),
        (b'{"id": "x", "headline": "h", "published": "2025-01-01"}', "has no offset"),
    ],
)
def test_a_body_that_is_no_story_is_refused(http: httpx.Client, body: bytes, words: str) -> None:
    assert words in str(problem(http.post("/stories", content=body, headers=JSON), 422)["detail"])


@pytest.mark.parametrize("path", ["/stories/none/related", "/related?url=https://none.example/"])
def test_who_is_unknown_is_not_found(http: httpx.Client, path: str) -> None:
    found = problem(http.get(path), 404)
    assert found["type"] == "urn:related-stories:problem:not-found"
    assert "/tmp" not in str(found)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/stories/x/related?k=0"),
        ("GET", "/stories/x/related?k=51"),
        ("GET", "/stories/x/related?k=many"),
        ("GET", "/stories/x/related?k=1&k=2"),
        ("GET", "/stories/x/related?page=2"),
        ("GET", "/related"),
        ("GET", "/stories/%ff/related"),
        ("GET", "/stories/%00/related"),
        ("DELETE", f"/stories/{'x' * 513}"),
        ("DELETE", "/stories/x?dry_run=perhaps"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(http: httpx.Client, method: str, path: str) -> None:
    found = problem(http.request(method, path), 422)
    assert found["field"]
    assert found["way_out"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "value"),
    [
        ("GET", "/stories/x/related?k=abc", None, "k", "'abc'"),
        ("GET", "/stories/x/related?preview=perhaps", None, "preview", "'perhaps'"),
        ("GET", "/stories/x/related?page=2", None, "page", "'2'"),
        ("GET", "/related", None, "url", "''"),
        ("DELETE", "/stories/x?dry_run=perhaps", None, "dry_run", "'perhaps'"),
        ("PATCH", "/stories/x", {"status": "deleted"}, "status", "'\"deleted\"'"),
        ("PATCH", "/stories/x", {"headline": "new"}, "headline", "'\"new\"'"),
        ("PUT", "/stories/x/pins/y", {"position": "first"}, "position", "'\"first\"'"),
        ("POST", "/similar", {"text": "boat", "tag": ["sea", 7]}, "tag", "'[\"sea\",7]'"),
        ("POST", "/similar", {}, "text", "''"),
        ("PATCH", "/stories/x", [], "body", "b'[]'"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(
    http: httpx.Client, method: str, path: str, body: object, field: str, value: str
) -> None:
    found = problem(http.request(method, path, json=body), 422)
    assert (found["field"], found["value"]) == (field, value)


def test_no_answer_names_a_command(http: httpx.Client) -> None:
    http.post("/stories", json=story("seen")).raise_for_status()
    http.patch("/stories/seen", json={"status": "retracted"}).raise_for_status()
    http.post("/stories", json=story("draft", status="draft")).raise_for_status()
    answers = [
        http.get("/stories/none/related"),
        http.get("/stories/seen/related"),
        http.get("/stories/draft/related"),
        http.get("/related?url=https://none.example/"),
        http.put("/stories/none/pins/seen", json={}),
        http.delete("/stories/none"),
        http.post("/stories", json=story("seen", headline="Said anew", updated="2030-01-01T00:00:00Z")),
    ]
    for answer in answers:
        told = str(answer.json().get("detail", "") or answer.json().get("note"))
        assert told
        assert "--" not in told
        assert "related " not in told
    assert problem(http.get("/stories/seen/related"), 410)["story"] == "seen"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/stories/x", {"status": "deleted"}),
        ("PATCH", "/stories/x", {"headline": "new"}),
        ("PATCH", "/stories/x", []),
        ("PUT", "/stories/x/pins/y", {"position": 0}),
        ("PUT", "/stories/x/pins/y", {"position": "first"}),
        ("POST", "/similar", {"text": "boat", "k": 1.5}),
        ("POST", "/similar", {"text": "?!"}),
        ("POST", "/similar", {}),
    ],
)
def test_a_body_that_cannot_be_is_refused(http: httpx.Client, method: str, path: str, body: object) -> None:
    problem(http.request(method, path, json=body), 422)


def test_other_bodies_other_paths_other_methods(http: httpx.Client) -> None:
    assert "send application/json" in str(
        problem(http.post("/stories", content=b"id: x", headers={"content-type": "text/yaml"}), 415)["detail"]
    )
    problem(http.get("/nothing"), 404)
    assert "DELETE" in http.put("/stories/x").headers["allow"]
    problem(http.put("/stories/x"), 405)


def test_a_body_past_the_limit_is_not_read(shared: Shared, http: httpx.Client) -> None:
    long = b" " * (LIMIT + 1)
    assert f"more than {LIMIT:,} bytes" in str(
        problem(http.post("/stories", content=long, headers=JSON), 413)["detail"]
    )
    chunks = (b" " * 65536 for _ in range(LIMIT // 65536 + 1))
    problem(http.post("/stories", content=chunks, headers=JSON), 413)
    assert http.get("/health").status_code == 200


def test_good_lines_are_kept_and_bad_ones_named(http: httpx.Client) -> None:
    lines = [
        httpx.Request("POST", "http://x", json=story("line-1")).content,
        b"{oops",
        b"",
        httpx.Request("POST", "http://x", json=story("line-4", headline="<b></b>")).content,
        httpx.Request("POST", "http://x", json=story("line-5", day=2)).content,
    ]
    answer = http.post("/stories", content=b"\n".join(lines), headers=LINES)
    assert answer.status_code == 200
    found = answer.json()
    assert [(one["line"], one["id"], one["outcome"]) for one in found["stories"]] == [
        (1, "line-1", "added"),
        (5, "line-5", "added"),
    ]
    assert [(one["line"], one["story"], one["field"]) for one in found["refused"]] == [
        (2, "line 2", "text"),
        (4, "line-4", "headline"),
    ]
    assert http.get("/stories/line-5/related").status_code == 200


def test_lines_without_a_story_are_refused(http: httpx.Client) -> None:
    problem(http.post("/stories", content=b"\n \n", headers=LINES), 422)


def test_a_request_is_known_by_its_id(shared: Shared, http: httpx.Client) -> None:
    given = http.get("/health", headers={"x-request-id": "desk-17"})
    assert given.headers["x-request-id"] == "desk-17"
    made = http.get("/health", headers={"x-request-id": "no\tgood!"}).headers["x-request-id"]
    assert len(made) == 16
