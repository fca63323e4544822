from __future__ import annotations

from pathlib import Path

import pytest

from recommender.bulk.places import Place, absolute
from recommender.errors import SourceError


@pytest.fixture(params=["path", "file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a folder by a path, by an address that pyarrow knows, and by one that fsspec knows."""
    named = {"path": str(tmp_path), "file": tmp_path.as_uri(), "memory": f"memory://{tmp_path.name}"}
    return named[str(request.param)]


def test_what_was_written_is_read_and_found(folder: str) -> None:
    place = Place.of(folder).below("deep/shard")
    assert not place.is_file()
    place.write(b"one")
    place.write(b"two")
    assert place.is_file()
    with place.open() as file:
        assert file.read() == b"two"
    assert Place.of(folder).is_folder()
    assert Place.of(folder).files() == ["deep/shard"]


def test_a_write_that_fails_leaves_what_was_there(folder: str) -> None:
    place = Place.of(folder).below("shard")
    place.write(b"whole")
    with pytest.raises(TypeError):
        place.write("no bytes")  # type: ignore[arg-type]
    with place.open() as file:
        assert file.read() == b"whole"
    assert Place.of(folder).files() == ["shard"]


def test_an_address_of_no_known_kind_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere://x cannot be used .*; check the address"):
        Place.of("nowhere://x")
    with (
        pytest.raises(SourceError, match="lacking cannot be used"),
        Place.of(str(tmp_path / "lacking")).open(),
    ):
        pass


def test_a_path_is_named_in_full_and_an_address_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("shards") == str(tmp_path / "shards")
    assert absolute("s3://newsroom/shards") == "s3://newsroom/shards"
