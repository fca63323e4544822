"""To read, nothing has to be written: on a read-only medium, a full disk, in another user's directory."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from recommender import Recommender
from recommender.catalog import Catalog
from recommender.errors import ArchiveDiskError
from recommender.newsroom import Newsroom
from recommender.service.app import create_app
from recommender.service.settings import ServiceSettings
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.service.running import Running, add_key

SmallFiles = Callable[[int], AbstractContextManager[None]]
STORIES = [story(n, body=f"the harbour of town {n % 5} has a story {n}") for n in range(1, 31)]
ROOT = Path(__file__).parents[2]

READ = """
import sys
from recommender import Recommender
from recommender.errors import ArchiveDiskError
from tests.arrays import story
from tests.fakes import HashEmbedder
with Recommender.open(sys.argv[1], embedder=HashEmbedder()) as recommender:
    assert recommender.archive.catalog.read_only
    assert recommender.archive.catalog.is_unwritable
    assert recommender.related("s1").slots
    assert recommender.newsroom.block("s2").slots
    assert recommender.similar("harbour").slots
    assert recommender.status().stories == 30
    try:
        recommender.add([story(99)])
    except ArchiveDiskError as error:
        assert "opened for reading: " in str(error) and "nothing was written" in str(error)
    else:
        raise SystemExit("a story was taken")
"""

LATER = """
import os, sys
from recommender import Recommender
from tests.arrays import story
from tests.fakes import HashEmbedder
with Recommender.open(sys.argv[1], embedder=HashEmbedder()) as reader:
    assert reader.related("s1").slots
    with Recommender.open(sys.argv[2], embedder=HashEmbedder()) as writer:
        writer.add([story(40)])
        assert reader.archive.catalog.count() == 31
        assert reader.related("s40").id == "s40"
        writer.newsroom.withdraw("s40")
        assert reader.archive.catalog.get("s40")[1].status == "retracted"
    assert reader.status().by_status == {"published": 30, "retracted": 1}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Recommender.create(tmp_path / "archive", embedder=HashEmbedder()) as made:
        made.add(STORIES)
    return tmp_path / "archive"


def files(path: Path) -> dict[str, bytes]:
    return {str(each.relative_to(path)): each.read_bytes() for each in path.rglob("*") if each.is_file()}


def mounted(path: Path, script: str, *args: str) -> None:
    """Run a script on a read-only mount of a directory; mounts are the child's own, so nothing is undone."""
    seen = path.with_name("mounted")
    seen.mkdir()
    shell = (
        f"mount --bind {path} {seen} && mount -o remount,ro,bind {seen} || exit 77; "
        f'exec {sys.executable} -c "$0" {seen} "$@"'
    )
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here: reading on a read-only mount was NOT tested")
    command = ["unshare", "-rm", "sh", "-c", shell, script, *args]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    if done.returncode == 77 or done.stderr.startswith("unshare"):
        pytest.skip(f"no private mounts here: reading on a read-only mount was NOT tested: {done.stderr}")
    assert done.returncode == 0, done.stderr


def test_on_a_read_only_medium_all_that_reads_works_and_a_write_says_why_not(path: Path) -> None:
    before = files(path)
    mounted(path, READ)
    assert files(path) == before


def test_beside_the_log_of_a_writer_that_was_killed(path: Path) -> None:
    script = (
        "import os, sys; from recommender.catalog import Catalog;"
        "catalog = Catalog.open(sys.argv[1]); catalog.set_setting('left', 1); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(path / "catalog.sqlite")], check=True, cwd=ROOT)
    assert (path / "catalog.sqlite-wal").stat().st_size
    check = READ + "    assert recommender.archive.catalog.setting('left') == 1\n"
    mounted(path, check)


def test_a_log_that_cannot_be_read_is_told_with_the_way_out(path: Path) -> None:
    with Catalog.open(path / "catalog.sqlite") as catalog:
        catalog.set_setting("left", 1)
        shutil.copytree(path, path.with_name("copy"))
    (path.with_name("copy") / "catalog.sqlite-shm").unlink()
    mounted(
        path.with_name("copy"),
        "import sys\nfrom recommender import Recommender\nfrom recommender.errors import ArchiveDiskError\n"
        "try:\n    Recommender.open(sys.argv[1])\nexcept ArchiveDiskError as error:\n"
        "    assert 'copy the whole directory' in str(error), error\nelse:\n    raise SystemExit('opened')",
    )


def test_a_reader_who_may_not_write_sees_what_a_later_writer_does(path: Path) -> None:
    mounted(path, LATER, str(path))


def test_in_the_directory_of_another_user(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if os.geteuid() != 0:
        pytest.skip("not root: reading in another user's directory was NOT tested")
    for each in path.parents:
        ours = each.is_relative_to(tmp_path_factory.getbasetemp().parent)
        if ours or each.name.startswith("pytest-of-"):
            each.chmod(0o755)
    imports, rest = READ.split("with ", 1)
    # What is imported late may be in a directory that this user cannot read: once is done before.
    before = """
import os, pathlib
Recommender.open(sys.argv[1], embedder=HashEmbedder()).close()
HashEmbedder().encode(["once"])
for each in (pathlib.Path(sys.argv[1]), *pathlib.Path(sys.argv[1]).rglob("*")):
    each.chmod(0o755 if each.is_dir() else 0o644)
os.setuid(65534)
"""
    script = f"{imports}{before}with {rest}"
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_a_full_disk_stops_no_reader_who_opens_the_archive_then(path: Path, small_files: SmallFiles) -> None:
    with small_files(10_000), Recommender.open(path, embedder=HashEmbedder()) as recommender:
        assert recommender.related("s1").slots
        with pytest.raises(ArchiveDiskError, match="opened for reading: "):
            recommender.add([story(99)])
    with Recommender.open(path, embedder=HashEmbedder()) as recommender:
        assert recommender.add([story(99)]).added == 1


def ask(newsroom: Newsroom, *paths: str) -> list[httpx.Response]:
    async def answers() -> list[httpx.Response]:
        app = create_app(newsroom, ServiceSettings(open_reads=True))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return [await client.get(path) for path in paths]

    return asyncio.run(answers())


def test_a_block_that_cannot_be_stored_is_served_and_told(path: Path, small_files: SmallFiles) -> None:
    with Recommender.open(path, embedder=HashEmbedder()) as recommender:
        newsroom = recommender.newsroom
        assert ask(newsroom, "/ready")[0].json()["checks"]["storing"] == "ok"
        with small_files(100):
            block, ready, metrics = ask(newsroom, "/stories/s3/related", "/ready", "/metrics")
            assert block.json()["slots"]
            assert ready.status_code == 503
            assert "nothing that was acknowledged is lost" in ready.json()["checks"]["storing"]
            assert "related_storing 0.0" in metrics.text
        ready, metrics = ask(newsroom, "/ready", "/metrics")
        assert ready.json()["checks"]["storing"] == "ok"
        assert "related_storing 1.0" in metrics.text
        assert newsroom.block("s3").to_dict()["slots"] == block.json()["slots"]


def test_a_service_that_started_on_a_full_disk_takes_stories_once_there_is_room(path: Path) -> None:
    key = add_key(path, "cms")
    full = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (0, -1)); "
    full += "runpy.run_module('tests.service.server', run_name='__main__')"
    command = [sys.executable, "-c", full, str(path), "0"]
    headers = {"authorization": f"Bearer {key}"}
    with (
        Running(path, command=command) as running,
        httpx.Client(base_url=running.url, headers=headers) as http,
    ):
        sent = {"id": "s40", "headline": "The harbour of town 40", "published": "2024-01-01T00:00:00Z"}
        assert http.get("/stories/s1/related").status_code == 200
        storing = http.get("/ready").json()["checks"]["storing"]
        assert "ok" != storing != "read-only"
        assert http.post("/stories", json=sent).status_code == 503
        assert http.get("/ready").status_code == 503
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (-1, -1))
        assert http.post("/stories", json=sent).status_code == 201
        assert http.get("/ready").json()["checks"]["storing"] == "ok"
        assert http.get("/stories/s40/related").status_code == 200
        assert http.patch("/stories/s40", json={"status": "retracted"}).status_code == 200
        assert http.get("/stories/s40/related").status_code == 410
        while "related_storing 1.0" not in http.get("/metrics").text:
            pass


def test_a_catalog_that_can_be_written_again_is_seen_by_who_reads_it(
    path: Path, small_files: SmallFiles
) -> None:
    with small_files(0):
        catalog = Catalog.open(path / "catalog.sqlite")
        assert not catalog.regain()
        with pytest.raises(ArchiveDiskError, match="for reading"):
            catalog.set_setting("a", 1)
    with catalog, Catalog.open(path / "catalog.sqlite", read_only=True) as asked:
        before = catalog.version()
        assert catalog.regain()
        assert (catalog.read_only, asked.regain()) == (False, False)
        seen = catalog.version()
        assert seen != before
        with Catalog.open(path / "catalog.sqlite") as other:
            other.set_setting("other", 2)
        assert catalog.version() != seen
        catalog.set_setting("mine", 3)
        assert (catalog.setting("other"), asked.setting("mine")) == (2, 3)
