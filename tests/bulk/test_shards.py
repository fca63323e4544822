from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from recommender.bulk.places import Place
from recommender.bulk.shards import Shard, Shards
from recommender.catalog import Model
from recommender.errors import SourceError

MODEL = Model(hash="a" * 64, name="some", dimension=8)
MADE = {"precision": "fp32", "check": 3}


@pytest.fixture
def shards(tmp_path: Path) -> Shards:
    return Shards(Place.of(str(tmp_path)), MODEL)


def vectors(*counts: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    return {
        f"text{place}": random.random((count, 8)).astype(np.float16) for place, count in enumerate(counts)
    }


@pytest.mark.parametrize("counts", [(), (1,), (3, 1, 2)])
def test_what_was_written_is_read(shards: Shards, counts: tuple[int, ...]) -> None:
    made = vectors(*counts)
    shards.write("block", Shard(made, MADE), {key: f"id of {key}" for key in made})
    read = shards.read("block")
    assert read.made_by == MADE
    assert list(read.vectors) == list(made)
    for key, each in made.items():
        np.testing.assert_array_equal(read.vectors[key], each)


def test_others_read_ids_and_vectors(shards: Shards, tmp_path: Path) -> None:
    shards.write("block", Shard(vectors(2, 1), MADE), {"text0": "one", "text1": "two"})
    table = parquet.read_table(tmp_path / "block.parquet")
    assert table.column("id").to_pylist() == ["one", "one", "two"]
    assert len(table.column("vector")[0].as_py()) == 8


def test_what_is_not_there_is_not_held(shards: Shards) -> None:
    assert not shards.holds("block")
    shards.write("block", Shard(vectors(1), MADE), {"text0": "one"})
    assert shards.holds("block")


def test_a_damaged_shard_is_named(shards: Shards, tmp_path: Path) -> None:
    shards.write("block", Shard(vectors(40), MADE), {"text0": "one"})
    path = tmp_path / "block.parquet"
    whole = path.read_bytes()
    for damaged in (whole[:100], b"", whole[:200] + bytes(20) + whole[220:], b"no table"):
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=r"block.parquet is damaged; delete it"):
            shards.read("block")
