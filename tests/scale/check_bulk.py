"""Bulk loading ends as the local import does: the same stories, vectors and blocks, whatever stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender, Story
from recommender.archive.archive import Archive
from recommender.archive.importing import Imported, add_found
from recommender.bulk import LIBRARIES
from recommender.errors import SettingsError
from recommender.ingest.base import Options, Refused
from recommender.ingest.reading import read_source
from tests.fakes import HashEmbedder

if missing := [name for name in LIBRARIES if find_spec(name) is None]:
    pytest.skip(f"Ray cannot be had here: not installed: {', '.join(missing)}", allow_module_level=True)

from recommender.archive.intake import model_of
from recommender.bulk.blocks import blocks, read
from recommender.bulk.job import Job
from recommender.bulk.loading import reading
from recommender.bulk.places import PART
from recommender.bulk.ray_embedding import Machines, _blocks, embed
from tests.bulk.samples import parquet_of, wxr_of

ROOT = Path(__file__).resolve().parents[2]
SOME, FILES = 120, 4
ENOUGH = 240.0  # seconds that a run may take on a machine that does other things
_CLUSTER = """
import os, sys
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
import ray
ray.init(include_dashboard=False, num_cpus=3, object_store_memory=256 << 20, log_to_driver=False)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""

_LISTENING = """
from recommender.bulk import LOCAL, prepare_ray
prepare_ray(LOCAL)
from recommender.bulk.ray_embedding import Machines, _ray
import psutil  # Ray brings it
with _ray(Machines()):
    us = psutil.Process()
    for process in [us, *us.children(recursive=True)]:
        for each in process.net_connections("inet"):
            if each.status == psutil.CONN_LISTEN:
                print(process.name(), each.laddr.ip)
"""


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": uuid.uuid4().hex}
    return os.environ | token | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def cluster(environment: dict[str, str]) -> Iterator[str]:
    """Return the address of a Ray that outlives whoever uses it."""
    with subprocess.Popen(
        [sys.executable, "-c", _CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory, stories_18f: tuple[Story, ...]) -> list[str]:
    """Return files of three kinds, with a line that is no story and a story that comes twice."""
    home = tmp_path_factory.mktemp("sources")
    named = []
    for number in range(FILES):
        lines = [json.dumps(story.to_json()) for story in stories_18f[number:SOME:FILES]]
        named.append(home / f"{number}.jsonl")
        named[-1].write_text("\n".join([*lines, '{"id": "bare"}', lines[0]]), "utf-8")
    named += [home / "site.xml", home / "table.parquet"]
    named[-2].write_text(wxr_of(20), "utf-8")
    parquet_of(20, named[-1])
    return [str(path) for path in named]


def taken(archive: Archive, items: Iterator[object]) -> tuple[Imported, list[str]]:
    refused: list[Refused] = []
    imported = add_found(archive, items, refused.append)  # type: ignore[arg-type]
    return imported, [str(each.error) for each in refused]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, sources: list[str]) -> tuple[Path, Imported, list[str]]:
    """Return an archive that the ordinary import filled, and what it said."""
    path = tmp_path_factory.mktemp("local") / "archive"
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        found = (item for source in sources for item in read_source(source, Options()))
        return path, *taken(archive, found)


@pytest.fixture(scope="module")
def embedded(
    tmp_path_factory: pytest.TempPathFactory, sources: list[str], cluster: str, environment: dict[str, str]
) -> tuple[Path, Path]:
    """Return an archive and the shards, made by runs that were killed three times, and one that ended."""
    home = tmp_path_factory.mktemp("bulk")
    archive, shards = home / "archive", home / "shards"
    Archive.create(archive, embedder=HashEmbedder()).close()
    for stop_at in ("embedded", "embedded", "added", None):
        command = [sys.executable, "-m", "tests.scale.bulk_run", str(archive), str(shards), ".2", cluster]
        with subprocess.Popen(
            [*command, *sources], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        ) as run:
            assert run.stdout is not None
            for line in run.stdout:
                if stop_at and line.startswith(stop_at):
                    run.kill()  # SIGKILL: nothing is tidied up
                    break
            code = run.wait(ENOUGH)
        assert code == (-9 if stop_at else 0)
    return archive, shards


def held(archive: Archive) -> dict[str, tuple[object, np.ndarray]]:
    return {
        row.story.id: (row.story.to_json(), row.vectors)
        for row in archive.catalog.rows()
        if row.vectors is not None
    }


def same(one: Archive, other: Archive) -> bool:
    ours, theirs = held(one), held(other)
    return ours.keys() == theirs.keys() and all(
        story == theirs[id][0] and np.allclose(vectors, theirs[id][1], atol=2e-3)
        for id, (story, vectors) in ours.items()
    )


def shown(path: Path | str, ids: Sequence[str]) -> list[list[str]]:
    """Return the blocks by a lexical model of all stories: when it was fitted depends on what was killed."""
    with Recommender.open(path, embedder=HashEmbedder()) as recommender:
        recommender.archive.rebuild()
        return [[slot.story.id for slot in recommender.related(id, engine=True)] for id in ids]


def test_after_three_kills_it_holds_what_the_local_import_holds(
    local: tuple[Path, Imported, list[str]], embedded: tuple[Path, Path], stories_18f: tuple[Story, ...]
) -> None:
    with Archive.open(embedded[0], embedder=HashEmbedder()) as archive, Archive.open(local[0]) as other:
        assert archive.catalog.count() == SOME + 40
        assert same(archive, other)
    ids = [story.id for story in stories_18f[:SOME:30]]
    assert shown(embedded[0], ids) == shown(local[0], ids)


def test_there_is_one_shard_a_block_and_nothing_beside(
    embedded: tuple[Path, Path], sources: list[str]
) -> None:
    model = model_of(HashEmbedder()).hash
    names = {block.name(model) for source in sources for block in blocks(read(source, Options(), None))}
    there = [path.name for path in embedded[1].iterdir() if not path.name.endswith(PART)]
    assert sorted(there) == sorted(f"{name}.parquet" for name in names)


class NeverEmbeds(HashEmbedder):
    def encode(self, texts: Sequence[str], on_done: Callable[[int], None] | None = None) -> np.ndarray:
        raise AssertionError(f"{len(texts)} texts have vectors in no shard")


def load(archive: Archive, shards: str, sources: Sequence[str]) -> tuple[Imported, list[str]]:
    job = Job(sources=sources, shards=shards, model=model_of(HashEmbedder()), open_embedder=HashEmbedder)
    with reading(job, archive) as items:
        return taken(archive, items)


@pytest.mark.parametrize("engine", ["pgvector", "milvus"])
def test_shards_load_into_servers_and_nothing_is_embedded_again(
    engine: str,
    local: tuple[Path, Imported, list[str]],
    embedded: tuple[Path, Path],
    sources: list[str],
    tmp_path: Path,
    postgres_url: str,
    stories_18f: tuple[Story, ...],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    url = request.getfixturevalue({"pgvector": "vectors_url", "milvus": "milvus_url"}[engine])
    monkeypatch.setenv("RELATED_INDEX_ENGINE", engine)
    monkeypatch.setenv("RELATED_INDEX_URL", str(url))
    with Archive.create(postgres_url, embedder=NeverEmbeds()) as archive:
        imported, refused = load(archive, embedded[1].as_uri(), [Path(each).as_uri() for each in sources])
        assert imported.report == local[1].report
        assert len(refused) == len(local[2])
        with Archive.open(local[0]) as other:
            assert same(archive, other)
    ids = [story.id for story in stories_18f[:SOME:60]]
    on_server = shown(postgres_url, ids)
    monkeypatch.delenv("RELATED_INDEX_ENGINE")
    monkeypatch.delenv("RELATED_INDEX_URL")
    assert on_server == shown(local[0], ids)


def test_the_command_ends_as_add_does(tmp_path: Path, environment: dict[str, str], cluster: str) -> None:
    """By the model of a newsroom, in actors of their own."""
    (tmp_path / "site.xml").write_text(wxr_of(12), "utf-8")
    shards = ("--shards", "shards", "--ray-address", cluster)

    def related(*arguments: str) -> str:
        command = [sys.executable, "-m", "recommender", *arguments]  # where the cluster does not work
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stderr
        return done.stdout

    for archive in ("added", "loaded"):
        related("init", "--archive", str(tmp_path / archive))
    added = json.loads(related("add", "site.xml", "--json", "--archive", str(tmp_path / "added")))
    told = related("bulk", "site.xml", *shards, "--embed-only", "--archive", str(tmp_path / "loaded"))
    assert "the same call without --embed-only" in " ".join(told.split())
    assert list((tmp_path / "shards").glob("*.parquet"))
    loaded = json.loads(related("bulk", "site.xml", *shards, "--json", "--archive", str(tmp_path / "loaded")))
    assert loaded == added
    with Archive.open(tmp_path / "added") as one, Archive.open(tmp_path / "loaded") as other:
        assert same(one, other)


def test_a_ray_that_is_not_there_is_said(tmp_path: Path) -> None:
    job = Job(sources=[], shards=str(tmp_path), model=model_of(HashEmbedder()), open_embedder=HashEmbedder)
    with pytest.raises(SettingsError, match="where no Ray can be used"):
        embed(job, Machines("127.0.0.1:9"), lambda _: None)


def test_a_ray_of_this_machine_alone_listens_to_it_alone(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", _LISTENING]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    heard = [line.split()[-1] for line in done.stdout.splitlines()]
    assert len(heard) > 2
    assert {address.removeprefix("::ffff:") for address in heard} == {"127.0.0.1"}, done.stdout


def test_what_a_machine_cannot_read_is_said_after_what_it_could(tmp_path: Path) -> None:
    torn = tmp_path / "torn.parquet"
    parquet_of(5, torn)
    torn.write_bytes(torn.read_bytes()[:-40])
    job = Job(sources=[], shards=str(tmp_path), model=model_of(HashEmbedder()), open_embedder=HashEmbedder)
    *read_, last = _blocks({"source": str(torn)}, job)
    assert not any(row["problem"] for row in read_)
    assert "torn.parquet is torn Parquet" in last["problem"]
