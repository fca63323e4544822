"""A file that replaces another is on the disk before it has the name, and then the name is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from index.storage.files import replacing


@pytest.mark.usefixtures("patience")
def test_a_file_is_durable_before_it_has_its_name_and_its_name_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, told, fsync = tmp_path / "settings", list[tuple[str, bytes]](), os.fsync
    path.write_bytes(b"old")

    def watched(handle: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(handle).st_mode)
        told.append(("directory" if is_directory else "file", path.read_bytes()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    with replacing(path) as file:
        file.write(b"new")
    assert told == [("file", b"old"), ("directory", b"new")]


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"half")
            file.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == b"old"
