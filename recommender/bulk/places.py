"""Files by address, on a disk or in an object store, by pyarrow and fsspec. Knows no format and no story."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from uuid import uuid4

import pyarrow as arrow
from fsspec.core import url_to_fs
from pyarrow.fs import FileSelector, FileSystem, FileType, FSSpecHandler, PyFileSystem

from recommender.bulk.addresses import shown, words_of
from recommender.errors import SourceError

PART = ".part"  # how a file ends that is being written
_PART = re.compile(rf"\.[0-9a-f]{{32}}{re.escape(PART)}$")
_WRITING = 86_400.0  # seconds that no write takes
_READ = 1 << 20  # bytes that are asked for at once


@dataclass(frozen=True, slots=True)
class Place:
    """A file or a folder.

    Attributes
    ----------
    address : str
        As it may be shown: a path, or an address such as ``s3://bucket/stories`` without its keys.
    """

    address: str
    _named: str
    _system: Any
    _path: str

    @classmethod
    def of(cls, address: str) -> Self:
        """Return the place at an address, whether or not anything is there.

        Raises
        ------
        SourceError
            When no file system has such addresses, or it does not answer.
        """
        try:
            if "://" not in address:
                system, path = FileSystem.from_uri(Path(address).resolve().as_uri())
            else:
                system, path = _found(address)
        except (arrow.ArrowException, OSError, ImportError, ValueError) as error:
            raise _unusable(shown(address), address, error) from error
        return cls(shown(address), address, system, path)

    def below(self, name: str) -> Place:
        """Return the place of a name in this folder."""
        address, path = f"{self.address.rstrip('/')}/{name}", f"{self._path.rstrip('/')}/{name}"
        return Place(address, self._named, self._system, path)

    def is_file(self) -> bool:
        """Return whether a file is there."""
        return self._is(FileType.File)

    def is_folder(self) -> bool:
        """Return whether a folder is there; in an object store one that holds something."""
        return self._is(FileType.Directory)

    def _is(self, kind: object) -> bool:
        with self._said():
            return bool(self._system.get_file_info(self._path).type == kind)

    def files(self) -> list[str]:
        """Return the names of all files below this folder, sorted."""
        with self._said():
            found = self._system.get_file_info(FileSelector(self._path, recursive=True))
        return sorted(
            each.path[len(self._path) :].lstrip("/") for each in found if each.type == FileType.File
        )

    def sweep(self) -> None:
        """Remove, where that can be done, what writes into this folder left that were killed a day ago."""
        with suppress(arrow.ArrowException, OSError):
            for each in self._system.get_file_info(FileSelector(self._path, allow_not_found=True)):
                is_old = each.mtime is not None and time.time() - each.mtime.timestamp() > _WRITING
                if is_old and _PART.search(each.path):
                    self._system.delete_file(each.path)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Give the file for reading."""
        with self._said(), self._system.open_input_file(self._path) as file:
            yield cast("BinaryIO", io.BufferedReader(file, _READ))

    def write(self, content: bytes) -> None:
        """Make or replace the file: whole, or not at all, whatever ends this process."""
        part = f"{self._path}.{uuid4().hex}{PART}"
        with self._said():
            self._system.create_dir(part.rpartition("/")[0], recursive=True)
            try:
                with self._system.open_output_stream(part) as file:
                    file.write(content)
                self._system.move(part, self._path)
            except BaseException:
                with suppress(OSError):
                    self._system.delete_file(part)
                raise

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except (arrow.ArrowException, OSError) as error:
            raise _unusable(self.address, self._named, error) from error


def absolute(address: str) -> str:
    """Return the same place as it is named in any directory."""
    return address if "://" in address else str(Path(address).resolve())


def _found(address: str) -> tuple[Any, str]:
    try:
        return cast("tuple[Any, str]", FileSystem.from_uri(address))
    except arrow.ArrowInvalid:  # of a kind that pyarrow does not know
        system, path = url_to_fs(address)
        return PyFileSystem(FSSpecHandler(system)), path


def _unusable(address: str, named: str, error: Exception) -> SourceError:
    problem = words_of(error, named)
    return SourceError(f"{address} cannot be used ({problem}); check the address and its keys")
