"""Many stories in one request: all are told of, others have their turn, a stop ends it between two lines."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from recommender.service.bulk import WHOLE_LINES
from recommender.service.lines import LINES_AT_ONCE, MOST_LINES
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive

LINES = {"content-type": "application/x-ndjson"}
MANY = WHOLE_LINES + 1


def lines(prefix: str, count: int) -> bytes:
    return "\n".join(json.dumps(story(f"{prefix}-{n}", day=n % 28 + 1)) for n in range(count)).encode()


@pytest.mark.parametrize("count", [LINES_AT_ONCE, LINES_AT_ONCE + 1, WHOLE_LINES + 2])
def test_every_line_is_told_of_in_order(http: httpx.Client, count: int) -> None:
    answer = http.post("/stories", content=lines(f"many{count}", count - 1) + b"\n{oops", headers=LINES)
    found = answer.json()
    assert answer.status_code == 200
    assert [(one["line"], one["id"]) for one in found["stories"]] == [
        (n + 1, f"many{count}-{n}") for n in range(count - 1)
    ]
    assert [one["line"] for one in found["refused"]] == [count]
    assert "problem" not in found


def test_more_lines_than_may_be_are_refused(http: httpx.Client) -> None:
    answer = http.post("/stories", content=b"\n" * MOST_LINES, headers=LINES)
    assert (answer.status_code, f"{MOST_LINES:,} lines" in answer.json()["detail"]) == (413, True)


def test_a_key_is_for_an_answer_that_can_be_given_again(http: httpx.Client) -> None:
    keyed = {**LINES, "idempotency-key": "many"}
    few = lines("keyed", LINES_AT_ONCE + 1)
    first, again = (http.post("/stories", content=few, headers=keyed).json() for _ in range(2))
    assert again == first
    refused = http.post("/stories", content=lines("keyed", MANY), headers={**LINES, "idempotency-key": "x"})
    assert (refused.status_code, refused.json()["field"]) == (422, "idempotency-key")


def test_a_story_is_published_while_many_are(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    headers = {"authorization": f"Bearer {key}"}
    body = lines("bulk", 40 * WHOLE_LINES)
    with (
        Running(archive) as running,
        httpx.Client(base_url=running.url, headers=headers, timeout=60) as http,
        http.stream("POST", "/stories", content=body, headers=LINES) as many,
    ):
        parts = many.iter_bytes()
        found = next(parts)
        assert http.post("/stories", json=story("one")).status_code == 201
        assert running.stop() == 0
        found += b"".join(parts)
    assert b'"problem":' in found
    assert b"the service stops" in found
    told = found.count(b'"outcome":"added"')
    with Running(archive) as again, again.client(key) as client:
        assert client.publish(story("one"), dry_run=True).outcome == "unchanged"
        for n in range(0, told, 97):
            same = story(f"bulk-{n}", day=n % 28 + 1)
            assert client.publish(same, dry_run=True).outcome == "unchanged"


def test_who_hangs_up_ends_it(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    headers = {"authorization": f"Bearer {key}"}
    with Running(archive) as running, httpx.Client(base_url=running.url, headers=headers, timeout=60) as http:
        body = lines("left", 40 * WHOLE_LINES)
        with http.stream("POST", "/stories", content=body, headers=LINES) as many:
            next(many.iter_bytes())
        calm = threading.Event()
        held = [count(http)]
        while len(held) < 3 or held[-1] != held[-3]:
            calm.wait(0.2)
            held.append(count(http))
        assert 0 < held[-1] < 40 * WHOLE_LINES


def count(http: httpx.Client) -> int:
    told = [line for line in http.get("/metrics").text.splitlines() if 'outcome="added"' in line]
    return int(float(told[0].split()[-1])) if told else 0
