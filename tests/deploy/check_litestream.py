"""Litestream by the sample: changes are copied away, any moment comes back. Skipped where it is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from recommender.archive.private_files import CATALOG_FILE
from recommender.newsroom import Newsroom
from tests.fakes import HashEmbedder
from tests.newsroom.world import SUBJECTS, a_story

SAMPLE = Path(__file__).parents[2] / "deploy" / "litestream" / "litestream.yml"
BESIDE = Path(sys.executable).with_name("litestream")
LITESTREAM = str(BESIDE) if BESIDE.exists() else shutil.which("litestream")
pytestmark = pytest.mark.skipif(LITESTREAM is None, reason="litestream is not installed")
SECONDS = 60.0


def write(archive: Path, number: int) -> None:
    """Publish a story."""
    with Newsroom.open(archive, embedder=HashEmbedder()) as newsroom:
        newsroom.publish(a_story(f"s{number}", SUBJECTS[0], hours=-number - 1))


def restored(config: Path, catalog: Path, place: Path, *options: str) -> set[str]:
    """Restore as docs/deploy.md has it; return the ids of the stories, none where it fails."""
    place.mkdir()
    command = [LITESTREAM or "", "restore", "-config", str(config), *options]
    done = subprocess.run(
        [*command, "-o", str(place / CATALOG_FILE), str(catalog)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        return set()
    with Newsroom.open(place, embedder=HashEmbedder()) as newsroom:
        newsroom.archive.rebuild()
        return {story.id for story in newsroom.archive.catalog.by_nums(range(1, 10)).values()}


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """An archive that is copied away as the sample has it, but beside it; and the configuration."""
    archive = tmp_path / "archive"
    Newsroom.create(archive, embedder=HashEmbedder()).close()
    sample = yaml.safe_load(SAMPLE.read_text("utf-8"))
    [copied] = sample["dbs"]
    copied["path"] = str(archive / CATALOG_FILE)
    copied["replica"] = {"url": f"file://{tmp_path}/bucket"}
    config = tmp_path / "litestream.yml"
    config.write_text(yaml.safe_dump(sample))
    command = [LITESTREAM or "", "replicate", "-config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield archive, config
        assert process.poll() is None, "litestream ended"
        process.terminate()
        assert process.wait(30) == 0


def test_any_moment_comes_back(copied: tuple[Path, Path], tmp_path: Path) -> None:
    archive, config = copied
    catalog = archive / CATALOG_FILE

    def wait_for(*ids: str) -> None:
        end, tries = time.monotonic() + SECONDS, 0
        while restored(config, catalog, tmp_path / f"{ids[-1]}-{tries}") != {*ids}:
            assert time.monotonic() < end, f"{ids} is not copied"
            tries += 1
            time.sleep(1)

    write(archive, 0)
    wait_for("s0")
    time.sleep(2)
    moment = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    time.sleep(2)
    write(archive, 1)
    wait_for("s0", "s1")
    assert restored(config, catalog, tmp_path / "then", "-timestamp", moment) == {"s0"}
