"""An archive goes over to another model in one step, however often it is interrupted on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from recommender import Recommender
from recommender.archive import archive as archive_module
from recommender.archive import reembedding
from recommender.archive.archive import Archive
from recommender.archive.private_files import CATALOG_FILE
from recommender.archive.reembedding import move, steps
from recommender.catalog import Catalog
from recommender.catalog.model_move import ModelMove
from recommender.catalog.tables import vector
from recommender.settings import Settings
from tests.arrays import story
from tests.fakes import HashEmbedder

STORIES = [story(n, body=f"body {n} of a story about {n % 7} things") for n in range(40)]
NEW = HashEmbedder(32)


def by_name(name: str, **_: object) -> HashEmbedder:
    return HashEmbedder(int(name.removeprefix("hash-")))


@pytest.fixture(autouse=True)
def models(monkeypatch):
    monkeypatch.setattr(archive_module, "open_embedder", by_name)
    monkeypatch.setattr(reembedding, "steps", partial(steps, batch=8))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with Archive.create(tmp_path / "archive", Settings(model="hash-64")) as archive:
        archive.add(STORIES)
    return tmp_path / "archive"


class Counting(HashEmbedder):
    """Counts texts, and does something before each batch."""

    def __init__(self, before=lambda batch: None) -> None:
        super().__init__(32)
        self.batches, self.before, self.texts = 0, before, 0

    def encode(self, texts, on_done=None):
        self.before(self.batches)
        self.batches += 1
        self.texts += len(texts)
        return super().encode(texts, on_done)


def vectors(path: Path) -> dict[str, bytes]:
    with Catalog.open(path / CATALOG_FILE) as catalog:
        return {row.story.id: row.vectors.tobytes() for row in catalog.rows() if row.vectors is not None}


def rows_by_model(path: Path) -> dict[str, int]:
    with Catalog.open(path / CATALOG_FILE) as catalog, catalog.snapshot() as connection:
        models = connection.execute(vector.select()).all()
    return {model: sum(row.model == model for row in models) for model in {row.model for row in models}}


def same_as_made_anew(path: Path, tmp_path: Path) -> bool:
    """Return whether an archive is as one that was made by the new model from the beginning."""
    with Archive.create(tmp_path / "anew", embedder=HashEmbedder(32)) as anew:
        with Catalog.open(path / CATALOG_FILE) as catalog:
            anew.add([row.story for row in catalog.rows()])
        anew.rebuild()
        with Archive.open(path, Settings(model="hash-32")) as moved:
            moved.rebuild()
            nums = moved.view.store.nums
            return np.array_equal(
                moved.view.hybrid.vectors(moved.view.store, nums),
                anew.view.hybrid.vectors(anew.view.store, anew.view.store.nums),
            )


def test_an_archive_that_has_moved_is_as_if_made_by_the_new_model(path, tmp_path):
    told = []
    with Archive.open(path, Settings(model="hash-64")) as archive:
        assert move(archive, HashEmbedder(32), told.append) == sum(told) == 40
        assert archive.model.name == archive.embedder.name == "hash-32"
        assert ModelMove(archive.catalog).standing() is None
    assert rows_by_model(path) == {NEW.weights_hash: len(STORIES)}
    assert same_as_made_anew(path, tmp_path)


def test_the_old_vectors_serve_until_the_new_ones_are_whole(path):
    with Archive.open(path, Settings(model="hash-64")) as archive, Recommender.open(path) as reader:
        before = reader.related(STORIES[3].id).to_json()
        seen = []

        def look(batch):
            seen.append(reader.archive.catch_up().dimension)
            assert reader.related(STORIES[3].id).to_json() == before
            assert reader.archive.embedder.name == "hash-64"

        move(archive, Counting(look))
        assert seen == [64] * 5
        assert reader.archive.catch_up().dimension == 32
        assert reader.archive.embedder.name == "hash-32"
        assert reader.similar("body of a story about 3 things").slots


def test_stories_that_come_meanwhile_come_along(path, tmp_path):
    with Archive.open(path, Settings(model="hash-64")) as archive, Archive.open(path) as writer:

        def write(batch):
            if batch == 2:
                writer.add([story(77, body="what came meanwhile"), story(3, body="another text")])
                writer.remove([STORIES[5].id, STORIES[30].id])

        move(archive, Counting(write))
        nums = writer.catalog.nums_of([story(77).id])
        assert nums.keys() <= {story(77).id}
        assert set(nums.values()) <= set(writer.catch_up().store.nums.tolist())
        assert len(writer.view.store) == len(archive.catch_up().store) == 39
    assert same_as_made_anew(path, tmp_path)


def test_one_who_writes_when_it_moves_writes_by_the_new_model(path):
    with Archive.open(path, Settings(model="hash-64")) as archive, Archive.open(path) as writer:
        writer.embedder.encode(["opened before"])
        entries = writer.intake.entries

        def late(stories):
            found = entries(stories)
            if archive.encoder != NEW.weights_hash:
                move(archive, HashEmbedder(32))  # after the embedding, before it is kept
            return found

        writer.intake.entries = late
        writer.add([story(78, body="a late one")])
        assert writer.embedder.name == "hash-32"
        assert story(78).id in {row.story.id for row in writer.catalog.rows() if row.vectors is not None}
        assert all(row.vectors.shape[1] == 32 for row in writer.catalog.rows())


def test_a_move_that_was_interrupted_goes_on_and_says_how_far_it_is(path, tmp_path):
    def die(batch):
        if batch == 3:
            raise KeyboardInterrupt

    with Recommender.open(path, Settings(model="hash-64")) as recommender:
        with pytest.raises(KeyboardInterrupt):
            move(recommender.archive, Counting(die))
        assert recommender.status().moving == (
            "24 of 40 stories are embedded by hash-32; go on with: related reembed hash-32"
        )
        assert recommender.archive.model.name == "hash-64"
    rest, told = Counting(), []
    with Archive.open(path, Settings(model="hash-64")) as archive:
        assert move(archive, rest, told.append) == 16
        assert told == [24, 8, 8]
    assert rest.batches == 2
    assert same_as_made_anew(path, tmp_path)


KILLED = """
import sys, time
from recommender.archive import archive as module, reembedding
from recommender.archive.archive import Archive
from recommender.settings import Settings
from tests.fakes import HashEmbedder

class Slow(HashEmbedder):
    def encode(self, texts, on_done=None):
        print("batch", flush=True)
        time.sleep(0.2)
        return super().encode(texts, on_done)

with Archive.open(sys.argv[1], Settings(model="hash-64"), HashEmbedder(64)) as archive:
    for _ in reembedding.steps(archive, Slow(32), 8):
        pass
"""


def test_a_move_that_was_killed_loses_nothing(path, tmp_path):
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
        for _ in range(3):
            assert child.stdout.readline() == "batch\n"
        os.kill(child.pid, signal.SIGKILL)
    with Archive.open(path, Settings(model="hash-64")) as archive:
        assert archive.embedder.name == "hash-64"
        assert len(archive.view.store) == len(STORIES)
        done = ModelMove(archive.catalog).standing().done
        assert 16 <= done < len(STORIES)
        assert move(archive, HashEmbedder(32)) == len(STORIES) - done
    assert same_as_made_anew(path, tmp_path)


@pytest.mark.parametrize("where", ["save_under", "forget"])
def test_a_move_that_ends_at_its_last_steps_is_finished_by_the_next(path, tmp_path, monkeypatch, where):
    def die(*_, **__):
        raise KeyboardInterrupt

    target = (Archive, "save_under") if where == "save_under" else (ModelMove, "forget_others")
    with monkeypatch.context() as patched:
        patched.setattr(*target, die)
        with Archive.open(path) as archive, pytest.raises(KeyboardInterrupt):
            move(archive, HashEmbedder(32))
    with Archive.open(path) as archive:
        assert move(archive, HashEmbedder(32)) == 0
    assert rows_by_model(path) == {NEW.weights_hash: len(STORIES)}
    assert same_as_made_anew(path, tmp_path)


def test_a_move_that_nobody_goes_on_with_can_be_given_up(path):
    with Archive.open(path, Settings(model="hash-64")) as archive:
        assert [next(walk := steps(archive, HashEmbedder(32), 8)), next(walk)] == [0, 8]
        assert ModelMove(archive.catalog).standing().done == 8
        assert move(archive, HashEmbedder(64)) == 0, "its own model: it stays"
        assert ModelMove(archive.catalog).standing() is None
        assert archive.model.name == "hash-64"
    assert list(rows_by_model(path)) == [HashEmbedder(64).weights_hash]


def test_a_story_that_the_new_model_cannot_read_is_set_aside_and_told(path):
    class Choosy(HashEmbedder):
        def encode(self, texts, on_done=None):
            if any("body 11 " in text for text in texts):
                raise ValueError("no such text")
            return super().encode(texts, on_done)

    with Recommender.open(path, Settings(model="hash-64")) as recommender:
        assert move(recommender.archive, Choosy(32)) == 39
        assert list(recommender.status().set_aside) == [STORIES[11].id]
        assert len(recommender.archive.catch_up().store) == 39


def test_the_library_moves_to_a_model_by_name_or_to_that_of_the_settings(path):
    with Recommender.open(path, Settings(model="hash-48")) as recommender:
        assert (recommender.reembed("hash-32"), recommender.archive.model.name) == (40, "hash-32")
        assert (recommender.reembed(), recommender.archive.model.name) == (40, "hash-48")
        assert recommender.reembed() == 0


def test_an_archive_without_stories_moves_at_once(tmp_path):
    with Archive.create(tmp_path / "empty", Settings(model="hash-64")) as archive:
        move(archive, HashEmbedder(32))
        archive.add(STORIES[:3])
        assert archive.model.name == "hash-32"


def test_status_says_where_the_settings_name_another_model_than_is_held(path):
    with Recommender.open(path, Settings(model="hash-64")) as recommender:
        move(recommender.archive, HashEmbedder(32))
        assert [problem for problem in recommender.status().problems if "reembed" in problem] == [
            "the settings name the model hash-64, the vectors are by hash-32: run `related reembed`"
        ]
