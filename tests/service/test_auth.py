"""Who may ask for what, over HTTP, in a real process."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from recommender.catalog import Catalog
from recommender.service.keys import Keyring, Right
from tests.service.cases import story
from tests.service.conftest import Shared
from tests.service.running import Running, add_key, make_archive

READS = [("GET", "/stories/x/related"), ("GET", "/related?url=https://a.example/"), ("POST", "/similar")]
PUBLISHES = [("POST", "/stories"), ("PATCH", "/stories/x"), ("DELETE", "/stories/x")]
EDITS = [
    ("PUT", "/stories/x/pins/y"),
    ("DELETE", "/stories/x/pins/y"),
    ("PUT", "/stories/x/exclusions/y"),
    ("DELETE", "/stories/x/exclusions/y"),
    ("PUT", "/stories/x/freeze"),
    ("DELETE", "/stories/x/freeze"),
]
OPEN = ["/health", "/ready", "/metrics", "/openapi.json"]


@pytest.mark.parametrize(("method", "path"), READS + PUBLISHES + EDITS)
def test_nothing_is_answered_without_a_key(shared: Shared, method: str, path: str) -> None:
    with shared.http() as http:
        answer = http.request(method, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["detail"] == "send a key: Authorization: Bearer KEY"


@pytest.mark.parametrize("value", ["Bearer", "Bearer rel_1_x", "Basic abc", "rel_1_x", "Bearer é"])
def test_a_key_that_is_none_is_not_let_in(shared: Shared, value: str) -> None:
    with shared.http() as http:
        answer = http.get("/stories/x/related", headers={"authorization": value.encode()})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:related-stories:problem:unauthorized")


@pytest.mark.parametrize(("method", "path"), PUBLISHES + EDITS)
def test_a_reader_may_only_read(shared: Shared, method: str, path: str) -> None:
    with shared.http(shared.reader) as http:
        answer = http.request(method, path)
    assert answer.status_code == 403
    assert "the key reader has not the right" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), READS + EDITS)
def test_a_publisher_may_only_publish(shared: Shared, method: str, path: str) -> None:
    with shared.http(shared.publisher) as http:
        assert http.request(method, path).status_code == 403


def test_a_preview_is_not_for_readers(shared: Shared) -> None:
    with shared.http(shared.reader) as http:
        assert http.get("/stories/x/related?preview=true").status_code == 403


@pytest.mark.parametrize("path", OPEN)
def test_machines_need_no_key(shared: Shared, path: str) -> None:
    with shared.http() as http:
        assert http.get(path).status_code == 200


def test_a_key_counts_from_when_it_is_made_until_it_is_removed(shared: Shared) -> None:
    with Catalog.open(shared.running.archive / "catalog.sqlite") as catalog:
        keyring = Keyring(catalog)
        first = keyring.add("passing", [Right.READ])
        with shared.http() as http:

            def status(key: str) -> int:
                return http.get(
                    "/stories/none/related", headers={"authorization": f"Bearer {key}"}
                ).status_code

            assert status(first) == 404
            second = keyring.rotate("passing")
            assert (status(first), status(second)) == (401, 404)
            keyring.remove("passing")
            assert status(second) == 401


def test_before_the_first_key_anybody_reads_and_nobody_writes(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    with Running(archive) as running, httpx.Client(base_url=running.url, timeout=60) as http:
        assert http.get("/stories/x/related").status_code == 404
        refused = http.post("/stories", json=story("x"))
        assert refused.status_code == 401
        assert "related keys add" in refused.json()["detail"]
        assert http.post("/similar", json={"text": "boat"}).status_code == 401
        key = add_key(archive, "first")
        assert http.get("/stories/x/related").status_code == 401
        held = {"authorization": f"Bearer {key}"}
        assert http.post("/stories", json=story("x"), headers=held).status_code == 201


def test_blocks_may_be_left_open(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", "[service]\nopen_reads = true\ncache_seconds = 60\n")
    key = add_key(archive, "cms")
    with Running(archive) as running, httpx.Client(base_url=running.url, timeout=60) as http:
        http.post("/stories", json=story("x"), headers={"authorization": f"Bearer {key}"})
        answer = http.get("/stories/x/related")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert http.post("/similar", json={"text": "boat"}).status_code == 401
        assert {http.get(path).status_code for path in ("/threads", "/stories/x/translations")} == {401}


def test_a_rate_is_kept_a_key_at_a_time(tmp_path: Path) -> None:
    archive = make_archive(
        tmp_path / "archive", "[service]\nreads_per_second = 0.001\nburst_seconds = 3000\n"
    )
    keys = [add_key(archive, name) for name in ("one", "two")]
    with Running(archive) as running, httpx.Client(base_url=running.url, timeout=60) as http:

        def statuses(key: str) -> list[int]:
            held = {"authorization": f"Bearer {key}"}
            return [http.get("/stories/x/related", headers=held).status_code for _ in range(4)]

        assert statuses(keys[0]) == [404, 404, 404, 429]
        assert statuses(keys[1]) == [404, 404, 404, 429]
        refused = http.get("/stories/x/related", headers={"authorization": f"Bearer {keys[0]}"})
        assert 900 < int(refused.headers["retry-after"]) <= 1000
        assert http.get("/health").status_code == 200
