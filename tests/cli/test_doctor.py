"""The doctor finds what is wrong, names what mends it, and changes nothing."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import time
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from recommender import Recommender, setting_sources
from recommender.cli import archive_checkup, checkup, doctor, model_checkup
from recommender.embedding import models, opening
from recommender.embedding.compiled import CompiledEmbedder
from recommender.embedding.compiled_files import DamagedCacheError
from recommender.errors import ArchiveUnreachableError
from recommender.features import feature_store
from recommender.service.routes import OPERATIONS
from tests.arrays import story
from tests.cli.conftest import Related
from tests.fakes import HashEmbedder

Usage = namedtuple("Usage", "total used free")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a snapshot."""
    path = tmp_path_factory.mktemp("doctor") / "news"
    with Recommender.create(path, embedder=HashEmbedder()) as recommender:
        recommender.add([story(n) for n in range(30)])
        recommender.archive.save()
    return path


@pytest.fixture
def patient(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it on a sound machine; its model is not looked at."""
    proxies = [f"{scheme}_proxy" for scheme in checkup.PROXIED]
    proxies += [name.upper() for name in proxies]
    for name in (*checkup.WRONG_CPU, *checkup.THREADS, *checkup.CERTIFICATES, *proxies):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor, "CHECKS", [each for each in doctor.CHECKS if each is not doctor.of_model])
    monkeypatch.setattr(checkup, "COMPILED", True)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9 << 40, 0, 9 << 40))
    return Path(shutil.copytree(made, tmp_path / "news"))


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def faults(related: Related, archive: Path, port: int, code: int = 1) -> list[Any]:
    """Return what the doctor finds wrong; each names what mends it."""
    answer = related("doctor", "--archive", archive, "--port", port, "--json")
    assert answer.code == code, answer.out + answer.err
    found = [each for each in answer.json["findings"] if each["state"] == "fault"]
    assert answer.json["sound"] is not bool(found)
    assert all(each["mend"] for each in found)
    return found


def one_fault(related: Related, archive: Path, port: int) -> Any:
    (found,) = faults(related, archive, port)
    return found


def test_what_is_sound_has_no_fault_and_nothing_is_changed(
    related: Related, patient: Path, port: int
) -> None:
    before = {path: path.stat().st_mtime_ns for path in patient.rglob("*")}
    assert faults(related, patient, port, code=0) == []
    assert {path: path.stat().st_mtime_ns for path in patient.rglob("*")} == before
    assert "snapshot" in related("doctor", "-a", patient, "--port", port).out


def test_an_archive_that_is_not_there_is_no_fault(related: Related, patient: Path, port: int) -> None:
    assert faults(related, patient / "none", port, code=0) == []


def test_a_model_that_is_not_there(
    related: Related, patient: Path, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [doctor.of_model])
    monkeypatch.setenv("RELATED_MODEL_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("RELATED_MODEL", models.DEFAULT_MODEL)
    monkeypatch.setattr(models, "_packaged", lambda _: None)
    found = one_fault(related, patient, port)
    assert found["what"] == "model"
    assert found["mend"] == "pip install 'related-stories[model]'"
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    assert "not installed" in one_fault(related, patient, port)["words"]


def test_the_table_of_quick_vectors_needs_no_package(
    related: Related, patient: Path, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [doctor.of_model])
    monkeypatch.setattr(models, "_packaged", lambda _: None)
    monkeypatch.setenv("RELATED_MODEL_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("RELATED_MODEL", models.STATIC_MODEL)
    assert faults(related, patient, port, code=0) == []
    monkeypatch.delenv("RELATED_MODEL")
    monkeypatch.setattr(model_checkup, "held_model", lambda _: models.STATIC_MODEL)
    found = one_fault(related, patient, port)
    assert found["mend"] == "pip install 'related-stories[model]'", "for what comes after it"


def test_a_cache_that_takes_no_model(
    related: Related, patient: Path, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = os.access
    files = SimpleNamespace(name="any", weights_hash="0" * 64, verify=lambda: None)
    monkeypatch.setattr(doctor, "CHECKS", [doctor.of_model])
    monkeypatch.setattr(model_checkup, "known_model", lambda _: files)
    monkeypatch.setattr(model_checkup, "can_compile", lambda: True)
    monkeypatch.setenv("RELATED_MODEL_CACHE", str(tmp_path / "none"))
    assert faults(related, patient, port, code=0) == []
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and may(path, mode))
    found = one_fault(related, patient, port)
    assert found["what"] == "model"
    assert found["mend"] == f"export RELATED_MODEL_CACHE={model_checkup.OTHER_CACHE}"


@pytest.mark.parametrize(
    ("name", "extra"), [(models.DEFAULT_MODEL, "model"), (models.MULTILINGUAL_MODEL, "multilingual")]
)
@pytest.mark.parametrize("is_there", [False, True])
def test_the_way_out_brings_the_weights_of_the_model_that_is_meant(
    related: Related, patient: Path, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    name: str, extra: str, is_there: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(doctor, "CHECKS", [doctor.of_model])
    monkeypatch.setenv("RELATED_MODEL_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("RELATED_MODEL", name)
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    monkeypatch.setattr(models, "_packaged", lambda _: tmp_path if is_there else None)
    assert one_fault(related, patient, port)["mend"] == f"pip install 'related-stories[{extra}]'"


def test_a_cache_of_another_processor(
    related: Related,
    patient: Path,
    port: int,
    embedder: CompiledEmbedder,
    model_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def opened(*_: object, **how: bool) -> CompiledEmbedder:
        asked.append(how)
        if fault:
            raise DamagedCacheError(fault)
        return embedder

    asked: list[dict[str, bool]] = []
    fault = ""
    monkeypatch.setattr(doctor, "CHECKS", [doctor.of_model])
    monkeypatch.setattr(model_checkup, "TEXTS", 1)
    monkeypatch.setenv("RELATED_MODEL", models.DEFAULT_MODEL)
    monkeypatch.setenv("RELATED_MODEL_CACHE", str(model_cache))
    assert faults(related, patient, port, code=0) == []
    monkeypatch.setattr(model_checkup, "fingerprint", lambda: "0123abcd")
    found = one_fault(related, patient, port)
    assert "another processor" in found["words"]
    assert found["mend"] == f"related query anything --archive {patient}"
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    monkeypatch.setattr(model_checkup, "CompiledEmbedder", opened)
    assert faults(related, patient, port, code=0) == [], "where nothing compiles it is run after a check"
    assert asked == [{"is_foreign": True, "keeps_check": False}]
    fault = "model.bin is torn"
    assert fault in one_fault(related, patient, port)["words"]


def test_an_old_snapshot(related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_checkup, "MOST_BEHIND", -1)
    assert "changes" in one_fault(related, patient, port)["words"]
    monkeypatch.undo()
    monkeypatch.setattr(feature_store, "FORMAT", feature_store.FORMAT + 1)
    found = next(each for each in faults(related, patient, port) if each["what"] == "snapshot")
    assert "older store format" in found["words"]
    assert found["mend"] == f"related rebuild --archive {patient}"


def test_a_full_disk(related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9 << 40, 9 << 40, 1 << 20))
    found = faults(related, patient, port)
    assert {each["what"] for each in found} == {"disk", "disk of models"}
    assert {each["mend"].partition(" ")[0] for each in found} == {"df"}


def test_a_disk_that_takes_no_more_files(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs(patient)
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((*full[:6], 0, 7, *full[8:])))
    found = faults(related, patient, port)
    assert {each["mend"].rpartition(" ")[0] for each in found} == {"df -i"}
    assert "7 files more" in found[0]["words"]


def test_a_disk_that_has_not_room_for_a_backup_is_worth_a_note(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (patient / "catalog.sqlite-kept").open("wb") as file:
        file.truncate(checkup.FREE)  # holds no bytes
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9 << 40, 0, checkup.FREE))
    answer = related("doctor", "--archive", patient, "--port", port, "--json")
    [note] = [each for each in answer.json["findings"] if each["what"] == "disk"]
    assert (answer.code, note["state"], note["mend"]) == (0, "note", f"df -h {patient}")


def test_files_of_another_user(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are after a command was run as root, which could write them: the service cannot."""
    listed = archive_checkup._files

    def anothers(archive: Path) -> Any:
        for path, held in listed(archive):
            is_his = path.name == "catalog.sqlite"
            yield path, os.stat_result((*held[:4], held.st_uid + 1, *held[5:])) if is_his else held

    monkeypatch.setattr(archive_checkup, "_files", anothers)
    found = one_fault(related, patient, port)
    assert (found["what"], "1 files, such as" in found["words"]) == ("owner", True)
    assert found["mend"] == f"sudo chown -R --reference={patient} {patient}"


def test_a_catalog_that_another_process_does_not_let_go(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_checkup, "WRITER_SECONDS", 0.05)
    with closing(sqlite3.connect(patient / "catalog.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        found = one_fault(related, patient, port)
        assert (found["what"], found["mend"]) == ("lock", f"fuser -v {patient / 'catalog.sqlite'}")
        other.execute("ROLLBACK")
        assert faults(related, patient, port, code=0) == []


@pytest.mark.parametrize(("engine", "scheme"), [("pgvector", "postgresql"), ("milvus", "http")])
def test_a_server_of_vectors_that_does_not_answer(
    related: Related, patient: Path, port: int, engine: str, scheme: str
) -> None:
    told = f'[index]\nengine = "{engine}"\nurl = "{scheme}://desk:secret@127.0.0.1:{{}}/related"\n'
    (patient / "related.toml").write_text(told.format(port))
    (patient / "related.toml").chmod(0o600)
    found = next(each for each in faults(related, patient, port) if each["what"] == "vectors")
    assert found["mend"] == f"nc -vz 127.0.0.1 {port}"
    assert "secret" not in str(found)
    with create_server(("127.0.0.1", 0)) as server:
        (patient / "related.toml").write_text(told.format(server.getsockname()[1]))
        answer = related("doctor", "--archive", patient, "--port", port, "--json")
    assert {each["state"] for each in answer.json["findings"] if each["what"] == "vectors"} == {"ok"}


def test_a_catalog_on_a_server_that_does_not_answer(
    related: Related, tmp_path: Path, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ArchiveUnreachableError("db.example does not answer")

    monkeypatch.setenv("RELATED_CATALOG_URL", "postgresql://newsroom:secret@db.example/related")
    monkeypatch.setattr(archive_checkup.Catalog, "open", away)
    found = one_fault(related, tmp_path, port)
    assert (found["what"], found["mend"]) == ("catalog", "pg_isready --host=db.example --port=5432")


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("SSL_CERT_FILE", "/none/ca.pem", "certificates"),
        ("SSL_CERT_DIR", "/none", "certificates"),
        ("https_proxy", "proxy.example", "proxy"),
        ("http_proxy", "socks4://proxy.example:1080", "proxy"),
    ],
)
def test_ways_to_other_machines_that_lead_nowhere(
    related: Related,
    patient: Path,
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    what: str,
) -> None:
    monkeypatch.setenv(name, value)
    found = one_fault(related, patient, port)
    assert found["what"] == what
    assert found["mend"].startswith(f"unset {name}")


def test_a_proxy_and_certificates_that_are_there_are_no_fault(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(patient / "catalog.sqlite"))
    assert faults(related, patient, port, code=0) == []


def test_an_archive_that_may_not_be_written(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and may(path, mode))
    found = one_fault(related, patient, port)
    assert (found["what"], found["mend"]) == ("rights", f"chmod u+rwX {patient} {patient / 'catalog.sqlite'}")
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert one_fault(related, patient, port)["mend"] == f"ls -ld {patient} {patient / 'catalog.sqlite'}"


def test_an_archive_that_may_not_be_entered(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def barred(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def looked(path: Any, **how: Any) -> os.stat_result:
            if isinstance(path, str | Path) and patient in Path(path).parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return look(path, **how)

        return looked

    monkeypatch.setattr(doctor, "CHECKS", [*doctor.CHECKS, doctor.of_model])
    monkeypatch.setattr(model_checkup, "known_model", refused)
    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, barred(getattr(os, name)))
    monkeypatch.setattr(setting_sources, "read", refused)
    found = {each["what"]: each for each in faults(related, patient, port)}
    assert set(found) == {"rights", "settings", "model"}
    assert found["rights"]["mend"] == f"chmod u+rwX {patient}"


def refused(*_: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_what_mends_a_path_with_spaces_works_as_it_is_typed(
    related: Related, patient: Path, port: int, tmp_path: Path
) -> None:
    archive = tmp_path / "আমার the desk's archive"
    shutil.copytree(patient, archive)
    (archive / "catalog.sqlite").chmod(0o644)
    found = one_fault(related, archive, port)
    subprocess.run(found["mend"], shell=True, check=True)
    assert faults(related, archive, port, code=0) == []


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_is_off(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)
    found = faults(related, patient, port)
    assert {each["what"] for each in found} == {"clock"}
    assert len(found) == (2 if seconds < 0 else 1), "the archive was changed after now, too"


def test_loops_that_are_not_compiled(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup, "COMPILED", False)
    assert "--no-binary" in one_fault(related, patient, port)["mend"]
    monkeypatch.setenv("RELATED_LOOPS", "numpy")
    assert one_fault(related, patient, port)["mend"] == "unset RELATED_LOOPS"


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENBLAS_CORETYPE", "Prescott"), ("OPENBLAS_NUM_THREADS", "0"), ("OMP_NUM_THREADS", "many"),
     ("OPENBLAS_NUM_THREADS", "100000")],
)  # fmt: skip
def test_variables_of_openblas_that_are_wrong(
    related: Related, patient: Path, port: int, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    found = one_fault(related, patient, port)
    assert f"{name}={value}" in found["words"]
    assert found["mend"] == f"unset {name}"


def test_a_port_that_is_taken(related: Related, patient: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        found = one_fault(related, patient, taken)
    assert found["what"] == "port"
    assert found["mend"] == f"related serve --archive {patient} --port {taken + 1}"


@pytest.mark.parametrize(
    ("status", "body", "is_ours"),
    [(200, b'{"status":"ok"}', True), (200, b"<html>", False), (200, b"\xff", False), (404, b"{}", False)],
)
def test_a_service_that_runs_is_no_fault(
    related: Related, patient: Path, status: int, body: bytes, is_ours: bool
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            answer = related("doctor", "--archive", patient, "--port", server.server_port, "--json")
        finally:
            server.shutdown()
            thread.join()
    (port,) = [each for each in answer.json["findings"] if each["what"] == "port"]
    assert (answer.code, port["state"]) == ((0, "note") if is_ours else (1, "fault"))


def test_what_it_asks_a_port_is_what_the_service_answers() -> None:
    (health,) = [each for each in OPERATIONS if each.path == checkup.HEALTH]
    assert health.answers[200].example == checkup.HEALTHY


@pytest.mark.parametrize("text", ["slotz = 3", "[service]\nwaiting = 'many'", "slots ="])
def test_settings_that_are_wrong(related: Related, patient: Path, port: int, text: str) -> None:
    (patient / "related.toml").write_text(text)
    (patient / "related.toml").chmod(0o600)
    found = one_fault(related, patient, port)
    assert (found["what"], found["mend"]) == ("settings", f"related settings --archive {patient}")


def test_a_damaged_catalog_and_one_that_others_may_read(related: Related, patient: Path, port: int) -> None:
    (patient / "catalog.sqlite").chmod(0o644)
    assert "chmod" in one_fault(related, patient, port)["mend"]
    (patient / "catalog.sqlite").chmod(0o600)
    with sqlite3.connect(patient / "catalog.sqlite") as connection:
        connection.execute("UPDATE schema_version SET version = version - 1")
    connection.close()
    assert "older schema version" in one_fault(related, patient, port)["words"]
    (patient / "catalog.sqlite").write_bytes(json.dumps({}).encode() * 9999)
    assert one_fault(related, patient, port)["what"] == "catalog"
