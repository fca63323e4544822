"""The tools that read what is shipped take it, and nginx in front shows no story that was withdrawn.

Skipped, with a line, where a tool is not installed.
"""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import yaml

from tests.deploy.test_samples import EXPRESSIONS
from tests.service.cases import story
from tests.service.running import Running, add_key, free_port, make_archive

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
EXPOSURE = 2.0  # of `systemd-analyze security`, 0 to 10; it calls 2 "OK"
SUBJECT = "The ferry to the island sank in the storm off the harbour"


def run(tool: str, *words: str | Path) -> str:
    """Return what a tool says that finds fault with a file; skip where it is not installed."""
    beside = Path(sys.executable).with_name(tool)
    found = str(beside) if beside.exists() else shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([found, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_takes_the_alerts() -> None:
    run("promtool", "check", "config", DEPLOY / "prometheus/prometheus.yaml")


def test_prometheus_takes_each_question_of_the_board(tmp_path: Path) -> None:
    """Each as a rule of its own, with what Grafana puts in the place of its variables."""
    rules = [
        {
            "record": f"board:{number}",
            "expr": each.replace("$__rate_interval", "5m").replace("$instance", ".+"),
        }
        for number, each in enumerate(EXPRESSIONS)
    ]
    written = tmp_path / "board.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    run("promtool", "check", "rules", written)


def test_hadolint_finds_nothing() -> None:
    run("hadolint", DEPLOY / "container/Containerfile")


def test_caddy_takes_its_file() -> None:
    run("caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "caddy/Caddyfile")


def test_systemd_knows_each_word_of_the_units(tmp_path: Path) -> None:
    """The program that they start is one that is there: whether it is installed is no fault of theirs."""
    names = sorted(path.name for path in (DEPLOY / "systemd").iterdir())
    for name in names:
        text = (DEPLOY / "systemd" / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("/opt/related/bin/related", sys.executable), "utf-8")
    told = run("systemd-analyze", "verify", *(tmp_path / name for name in names))
    assert str(tmp_path) not in told, told  # it passes over a word that it does not know


@pytest.mark.parametrize(("name", "most"), [("related.service", EXPOSURE), ("related-backup.service", 3.0)])
def test_a_unit_has_no_more_of_the_machine_than_it_needs(name: str, most: float) -> None:
    unit = DEPLOY / "systemd" / name
    told = run("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    found = re.search(r"exposure level for \S+: ([\d.]+)", told)
    assert found, told
    assert float(found[1]) < most


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("tls")
    chain, key = place / "chain.pem", place / "key.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    run("openssl", *words, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain)
    return chain, key


@pytest.fixture
def front(tmp_path: Path, certificate: tuple[Path, Path]) -> Iterator[tuple[httpx.Client, Running, str]]:
    """Serve an archive by nginx as the sample has it, on ports of our own."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    archive = make_archive(tmp_path / "archive", '[service]\nopen_reads = true\nproxies = "127.0.0.1"\n')
    key, port, plain = add_key(archive, "cms"), free_port(), free_port()
    with Running(archive) as running:
        sample = (DEPLOY / "nginx/related.conf").read_text("utf-8")
        changed = {
            "127.0.0.1:8350": running.url.removeprefix("http://"),
            "listen [::]:443 ssl http2;": "",
            "listen [::]:80;": "",
            "listen 443": f"listen 127.0.0.1:{port}",
            "listen 80": f"listen 127.0.0.1:{plain}",
            "/var/cache/nginx/related": str(tmp_path / "cache"),
            "/etc/ssl/related/fullchain.pem": str(certificate[0]),
            "/etc/ssl/related/privkey.pem": str(certificate[1]),
        }
        for old, new in changed.items():
            assert old in sample
            sample = sample.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = tmp_path / "nginx.conf"
        main.write_text(
            f"user root;\ndaemon off;\npid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{sample}\n}}\n"
        )
        server = subprocess.Popen(
            [nginx, "-p", str(tmp_path), "-c", str(main)], stderr=subprocess.PIPE, text=True
        )
        trusted = ssl.create_default_context(cafile=str(certificate[0]))
        try:
            with httpx.Client(base_url=f"https://localhost:{port}", verify=trusted, timeout=30) as client:
                for _ in range(100):
                    assert server.poll() is None, server.stderr.read() if server.stderr else ""
                    try:
                        client.get("/health")
                    except httpx.ConnectError:
                        time.sleep(0.05)
                        continue
                    break
                yield client, running, key
        finally:
            server.terminate()
            server.wait(10)


def test_nginx_shows_no_withdrawn_story(front: tuple[httpx.Client, Running, str]) -> None:
    client, _, key = front
    own = {"authorization": f"Bearer {key}"}
    for number in range(3):
        sent = story(f"s{number}", headline=f"{SUBJECT} {number}", body=f"{SUBJECT}. " * 5, day=number + 1)
        assert client.post("/stories", json=sent, headers=own).status_code == 201

    def shown() -> list[str]:
        return [slot["story"]["id"] for slot in client.get("/stories/s2/related").json()["slots"]]

    assert "s0" in shown()
    assert client.patch("/stories/s0", json={"status": "retracted"}, headers=own).status_code == 200
    assert "s0" not in shown()
    assert client.get("/metrics").status_code == 404
    for path in ("/health", "/stories/s2/related"):
        assert client.get(path).headers["strict-transport-security"]


def test_readers_of_one_block_do_not_wait_for_each_other(front: tuple[httpx.Client, Running, str]) -> None:
    """A lock on what is never kept would let them in one by one, each half a second after the other."""
    client, _, key = front
    sent = story("s0", headline=SUBJECT, body=f"{SUBJECT}. " * 5)
    assert client.post("/stories", json=sent, headers={"authorization": f"Bearer {key}"}).status_code == 201
    with ThreadPoolExecutor(20) as readers:
        begun = time.monotonic()
        answers = list(readers.map(client.get, ["/stories/s0/related"] * 60))
        spent = time.monotonic() - begun
    assert {answer.status_code for answer in answers} == {200}
    assert spent < 60 * 0.5 / 2, "by a lock's steps of half a second"
