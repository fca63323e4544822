from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from recommender.bulk.places import PART, Place, absolute
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


def test_what_killed_writes_left_goes_after_a_day(tmp_path: Path) -> None:
    old, new, other = (
        tmp_path / name for name in (f"a.{'0' * 32}{PART}", f"a.{'1' * 32}{PART}", f"theirs{PART}")
    )
    for path in (old, new, other, tmp_path / "shard"):
        path.write_bytes(b"some")
    for path in (old, other, tmp_path / "shard"):
        os.utime(path, (time.time() - 100_000,) * 2)
    Place.of(str(tmp_path)).sweep()
    assert {path.name for path in tmp_path.iterdir()} == {new.name, other.name, "shard"}
    Place.of(str(tmp_path / "lacking")).sweep()


@pytest.mark.parametrize(
    "address",
    [
        "s3://KEY:SECRET@bucket/x?nonsense=TOKEN",
        "s3://KEY:SEC/SECRET@bucket/x?a=TOKEN",
        "no://KEY:SECRET@bucket/x",
    ],
)
def test_no_error_holds_the_keys_of_an_address(address: str) -> None:
    with pytest.raises(SourceError, match=r"^\w+://bucket/x cannot be used") as told:
        Place.of(address)
    assert not any(word in str(told.value) for word in ("KEY", "SECRET", "TOKEN"))


def test_errors_of_what_is_below_an_address_hold_no_keys() -> None:
    place = Place.of("memory://KEY:SECRET@lacking/folder?token=TOKEN").below("shard")
    with (
        pytest.raises(SourceError, match=r"^memory://lacking/folder/shard cannot be used") as told,
        place.open(),
    ):
        pass
    assert not any(word in str(told.value) for word in ("KEY", "SECRET", "TOKEN"))
