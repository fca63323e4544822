"""A backup as a tar comes back as it was; one that is cut short or made to harm changes nothing."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.archive import backup_stream
from recommender.archive.archive import Archive
from recommender.archive.backup import MANIFEST, back_up, check, restore
from recommender.archive.backup_stream import back_up_to, received
from recommender.errors import ArchiveError, RelatedError
from tests.arrays import story
from tests.fakes import HashEmbedder


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("streamed") / "news"
    path.mkdir()
    (path / "related.toml").write_text("slots = 4\n")
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        archive.add([story(n) for n in range(5)])
    return path


@pytest.fixture(scope="module")
def tar(news: Path) -> bytes:
    stream = io.BytesIO()
    back_up_to(news, stream)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    assert not list(place.iterdir())


def restored(raw: bytes, archive: Path) -> None:
    with received(io.BytesIO(raw)) as path:
        restore(path, archive, keep=False, called="standard input")


def test_what_went_out_comes_back(news: Path, tar: bytes, tmp_path: Path) -> None:
    restored(tar, tmp_path / "again")
    back_up(news, tmp_path / "before")
    back_up(tmp_path / "again", tmp_path / "after")
    before, after = check(tmp_path / "before"), check(tmp_path / "after")
    assert (before.rows, before.files) == (after.rows, after.files)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "again").iterdir()} == {0o600}
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        members = opened.getmembers()
    assert {(one.uid, one.gid, one.uname, one.gname) for one in members} == {(0, 0, "", "")}


@pytest.mark.parametrize("part", [0, 0.001, 0.01, 0.5, 0.95])
def test_a_stream_that_is_cut_short_changes_nothing(tar: bytes, tmp_path: Path, part: float) -> None:
    with tarfile.open(fileobj=io.BytesIO(tar)) as whole:
        last = whole.getmembers()[-1]
    needed = last.offset_data + last.size  # what follows are the zeros at a tar's end
    with pytest.raises(RelatedError, match="standard input"):
        restored(tar[: int(needed * part)], tmp_path / "again")
    assert not (tmp_path / "again").exists()


def made(*members: tarfile.TarInfo) -> bytes:
    """Return a tar of a hostile hand."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as out:
        for member in members:
            out.addfile(member, io.BytesIO(b"x" * member.size) if member.isreg() else None)
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, to: str = "") -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.size, one.linkname = kind, size, to
    return one


@pytest.mark.parametrize(
    "name",
    [
        "../related.toml",
        "/related.toml",
        "a/related.toml",
        "./related.toml",
        "..",
        "x",
        "..\\x",
        "a" * 300,
        "",
    ],
)
def test_other_names_than_a_backup_has_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveError, match="standard input"):
        restored(made(member(name, size=3)), tmp_path / "again")
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE,
        tarfile.CONTTYPE, tarfile.GNUTYPE_SPARSE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, b"Z",
    ],
)  # fmt: skip
def test_what_is_no_plain_file_is_refused_under_any_name(tmp_path: Path, kind: bytes) -> None:
    header = member("related.toml", kind, to="../../outside").tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(ArchiveError, match="no plain file"):
        restored(header + made(member(MANIFEST)), tmp_path / "again")


def test_a_name_comes_once(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="which a backup does not"):
        restored(made(member("related.toml"), member("related.toml")), tmp_path / "again")


@pytest.mark.parametrize("size", [2**60, backup_stream.MOST_BESIDE + 1])
def test_more_than_there_is_room_for_is_refused_before_it_comes(tmp_path: Path, size: int) -> None:
    name = "catalog.sqlite" if size == 2**60 else MANIFEST
    with pytest.raises(ArchiveError, match="can be taken; name a directory with more room by TMPDIR"):
        restored(member(name, size=size).tobuf(tarfile.GNU_FORMAT) + bytes(1024), tmp_path / "again")


def test_what_is_no_tar_is_told_as_such(tmp_path: Path) -> None:
    for raw in (b"", b"not a tar" * 1000, b"\x1f\x8b" + bytes(100)):
        with pytest.raises(RelatedError, match="standard input"):
            restored(raw, tmp_path / "again")


def test_a_changed_byte_is_found(tar: bytes, tmp_path: Path) -> None:
    torn = bytearray(tar)
    torn[len(torn) // 2] ^= 1
    with pytest.raises(ArchiveError, match=r"backup standard input: catalog\.sqlite is not what was written"):
        restored(bytes(torn), tmp_path / "again")
    assert not (tmp_path / "again").exists()


class Closed(io.RawIOBase):
    """A pipe whose reader has gone."""

    def writable(self) -> bool:
        return True

    def write(self, _: object) -> int:
        raise BrokenPipeError


def test_a_reader_that_ends_leaves_no_copy_behind(news: Path) -> None:
    with pytest.raises(BrokenPipeError):
        back_up_to(news, Closed())  # type: ignore[arg-type]
