"""What operators see: a stop that loses nothing, logs and metrics without a word of a story."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from recommender.client import Client, ServiceError
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive, related

LIMITS = "[service]\nwrites_per_second = 1e6\n"
WRITERS = 3
ENOUGH = 5  # stories of each writer before the service is told to stop


def test_a_stop_under_load_loses_no_acknowledged_write(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", LIMITS)
    key = add_key(archive, "cms")
    acknowledged: list[str] = []
    enough = threading.Semaphore(0)

    def write(client: Client, writer: int) -> None:
        number = 0
        try:
            while True:
                client.publish(story(f"s-{writer}-{number}", day=number % 28 + 1))
                acknowledged.append(f"s-{writer}-{number}")
                number += 1
                enough.release()
        except ServiceError as error:
            if error.status:  # 0: the service is gone
                raise

    with Running(archive) as running:
        clients = [running.client(key, tries=1) for _ in range(WRITERS)]
        threads = [
            threading.Thread(target=write, args=(client, number)) for number, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        for _ in range(WRITERS * ENOUGH):
            enough.acquire()
        assert running.stop() == 0
        for thread in threads:
            thread.join()
        assert "stopped" in [line["event"] for line in running.log]
    with Running(archive) as again, again.client(key) as client:
        for id in acknowledged:
            number = int(id.rpartition("-")[2])
            same = story(id, day=number % 28 + 1)
            assert client.publish(same, dry_run=True).outcome == "unchanged"


def test_a_service_whose_catalog_is_gone_refuses_and_is_not_ready(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", LIMITS)
    headers = {"authorization": f"Bearer {add_key(archive, 'cms')}"}
    with Running(archive) as running, httpx.Client(base_url=running.url, headers=headers, timeout=60) as http:
        assert http.post("/stories", json=story("held")).status_code == 201
        archive.rename(tmp_path / "away")
        refused = http.post("/stories", json=story("lost"))
        assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (503, "archive")
        assert "moved, deleted or replaced" in refused.json()["detail"]
        ready = http.get("/ready")
        assert (ready.status_code, "moved" in ready.json()["checks"]["archive"]) == (503, True)
        (tmp_path / "away").rename(archive)
        assert http.get("/ready").json()["checks"]["archive"] == "ok"
        assert http.post("/stories", json=story("later")).status_code == 201


def test_the_log_tells_who_asked_what_and_no_word_of_a_story(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive", LIMITS)
    key = add_key(archive, "cms")
    headers = {"authorization": f"Bearer {key}", "x-request-id": "desk-17"}
    secret = story("zanzibar-1", headline="Zanzibar zephyr", body="zibeline zither", deck="zoetrope")
    with Running(archive) as running, httpx.Client(base_url=running.url, headers=headers, timeout=60) as http:
        http.post("/stories", json=secret)
        http.post("/stories", json={**secret, "published": "zanzibar"})
        http.get("/stories/zanzibar-1/related")
        http.get("/related", params={"url": secret["url"]})
        http.post("/similar", json={"text": "zither"})
        http.put("/stories/zanzibar-1/pins/zanzibar-2", json={"by": "zoe"})
        http.get("/zanzibar")
        metrics = http.get("/metrics").text
        running.stop()
    answers = [line for line in running.log if line["event"] == "answered"]
    assert [(line["method"], line["route"], line["status"]) for line in answers[:4]] == [
        ("POST", "/stories", 201),
        ("POST", "/stories", 422),
        ("GET", "/stories/{id}/related", 200),
        ("GET", "/related", 200),
    ]
    assert {(line["key"], line["request_id"]) for line in answers[:4]} == {("cms", "desk-17")}
    told = "\n".join(running.lines).lower() + metrics.lower()
    assert not [word for word in ("z" + end for end in ("anz", "eph", "ib", "ith", "oe")) if word in told]
    assert key.lower() not in told
    assert 'related_requests_total{method="POST",route="/stories",status="201"} 1.0' in metrics


def test_a_port_that_is_taken_is_told_and_refuses_no_story(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = related("serve", "--archive", archive, "--port", port)
        done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    told = f"cannot serve on 127.0.0.1, port {port}: address already in use; name another --host or --port"
    assert told in " ".join(done.stderr.split())


HANGING = """
import runpy, threading
from tests import fakes
from recommender.service import operating

def hang(*_, **__):
    print("hangs", file=sys.stderr, flush=True)
    threading.Event().wait()

async def hang_all(*_):
    hang()

encode = fakes.HashEmbedder.encode
fakes.HashEmbedder.encode = lambda self, texts: hang() if "hang" in " ".join(texts) else encode(self, texts)
operating.metrics = hang_all  # on the event loop
runpy.run_module("tests.service.server", run_name="__main__")
"""


@pytest.mark.parametrize("held", ["writer", "readers", "loop"])
def test_a_stop_ends_in_its_time_whatever_hangs(tmp_path: Path, held: str) -> None:
    archive = make_archive(tmp_path / "archive", "[service]\nstop_seconds = 2\n")
    headers = {"authorization": f"Bearer {add_key(archive, 'cms')}"}
    calls = {
        "writer": ("POST", "/stories", story("s-1", body="hang")),
        "readers": ("POST", "/similar", {"text": "hang"}),
        "loop": ("GET", "/metrics", None),
    }
    command = [sys.executable, "-c", "import sys\n" + HANGING, str(archive), "0"]
    with Running(archive, command=command) as running:

        def ask() -> None:
            method, path, sent = calls[held]
            with suppress(httpx.HTTPError):
                httpx.request(method, running.url + path, json=sent, headers=headers, timeout=120)

        asking = threading.Thread(target=ask)
        asking.start()
        hangs = threading.Event()
        while "hangs" not in running.lines:
            hangs.wait(0.05)
        assert running.stop() == 0  # which waits 40 seconds at most, and raises then
        asking.join()
        assert any("stopped before all" in str(line["event"]) for line in running.log)
