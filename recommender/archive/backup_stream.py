"""A backup as one tar: written to a stream, and taken from one that may be cut short or made to harm.

What goes out was checked before; what came in is only unpacked here, and checked by `backup` like any other.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Self

from recommender.archive.backup import FILES, MANIFEST, Backup, back_up
from recommender.archive.private_files import CATALOG_FILE
from recommender.errors import ArchiveError, shown

MOST_BESIDE = 64 * 2**20
"""Bytes of a file beside the catalog: settings and weights are a thousandth of that."""
_NAMES = frozenset({MANIFEST, *FILES})
_WHAT = "the backup on standard input"
_WAY_OUT = "use another backup, made with: related backup - > FILE"


def back_up_to(archive: Path, stream: BinaryIO) -> Backup:
    """Write a checked copy of an archive, which may be in use, to a stream as one tar.

    Raises
    ------
    NotFoundError, ArchiveError
        As `backup.back_up`; nothing was written then.
    OSError
        When the stream takes no more.
    """
    with TemporaryDirectory(prefix="related-") as place:
        path = Path(place, "backup")
        backup = back_up(archive, path)
        # Sizes of any length stand in the header itself: a member is a header and a file, and nothing else.
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for name in (MANIFEST, *backup.files):
                tar.add(path / name, name, filter=_nobodys)
        stream.flush()
    return backup


@contextmanager
def received(stream: BinaryIO) -> Iterator[Path]:
    """Yield a directory with the files of a backup that comes as a tar. They are yet to be checked.

    Raises
    ------
    ArchiveError
        When it is no tar, is cut short, or holds what no backup does: other names, links, too much.
    """
    with TemporaryDirectory(prefix="related-") as place:
        path = Path(place)
        try:
            with tarfile.open(fileobj=stream, mode="r|", tarinfo=_PlainFile) as tar:
                for member in tar:
                    _need_harmless(member, path)
                    _unpack(tar, member, path / member.name)
        except tarfile.TarError as error:
            raise ArchiveError(f"{_WHAT} is no tar, or was cut short ({error}); {_WAY_OUT}") from error
        yield path


class _PlainFile(tarfile.TarInfo):
    """A member that is a file. Others are refused by their header, before anything that follows is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the member that a header tells of."""
        member = super().frombuf(buf, encoding, errors)
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise ArchiveError(f"{_WHAT} holds {shown(member.name)}, which is no plain file; {_WAY_OUT}")
        return member


def _need_harmless(member: tarfile.TarInfo, path: Path) -> None:
    if member.name not in _NAMES or (path / member.name).exists():
        raise ArchiveError(f"{_WHAT} holds {shown(member.name)}, which a backup does not; {_WAY_OUT}")
    most = shutil.disk_usage(path).free
    if member.name != CATALOG_FILE:
        most = min(most, MOST_BESIDE)
    if not 0 <= member.size <= most:
        raise ArchiveError(
            f"{_WHAT}: {member.name} has {member.size:,} bytes, and {most:,} can be taken; "
            "name a directory with more room by TMPDIR, or use another backup"
        )


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a file that its user alone may read; `extract` is safe from Python 3.11.4 on only."""
    content = tar.extractfile(member)
    if content is None:
        raise ArchiveError(f"{_WHAT} holds {shown(member.name)}, which is no plain file; {_WAY_OUT}")
    path.touch(0o600, exist_ok=False)
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made a file on which machine."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
