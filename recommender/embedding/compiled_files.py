"""The files of a compiled model on disk, and whether they are whole. Knows no runtime."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from index.storage.file_checks import UnfitFileError, read
from recommender.embedding.agreement import Agreement, Reference
from recommender.embedding.models import MOST, file_hash

MARKER, MODEL, WEIGHTS, BLOB, TOKENIZER, REFERENCE = (
    "marker.json",
    "model.xml",
    "model.bin",
    "model.blob",
    "tokenizer.json",
    "reference.msgpack",
)
"""`MODEL` and `WEIGHTS` run on any processor; `BLOB` is the same laid out for this one, and opens in
a quarter of the time. `REFERENCE` is what the model is checked with, wherever it runs."""

SEEN = "seen.json"
"""When which file was read through, for processes that end soon."""

_DAY = 86_400
_SETTLED = 2
"""Seconds after which one change of a file is told from the next by its times, on any disk."""

FORMAT = 4
"""Version of the layout and of the recipe; another one is compiled anew. 2: one layer is left out of int8.
3: the precision is the fastest one by measurement. 4: checked at every width, as it runs."""


class DamagedCacheError(Exception):
    """The cache is torn, changed or of another layout. The remedy is to compile again."""


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a compiled model; written last, so that a cache without it is not one.

    Parameters
    ----------
    format : int
        `FORMAT` of the writer.
    model, weights_hash : str
        Name of the model, and SHA-256 of the weights it was made from.
    precision : str
        "int8", "int8-f32" (what int8 leaves in floating point runs in float32), "bf16" or "f32".
    checked : dict
        How well it agrees with the original, by each `configuration` in which it has run.
    rates : dict
        Texts a second of each precision that passed the check, where several did.
    rejected : dict
        How well each precision agreed that was tried and failed the check.
    held_out, calibrated_on : int
        Texts that it was checked with, and those that set its int8 ranges; none is in both.
    dimension, max_tokens, pad : int
        Length of a vector; longest row of tokens the model reads; id that fills a shorter row.
    cores : int
        Processors that `BLOB` is laid out for.
    files : dict
        SHA-256 of each file.
    versions : dict
        Versions of the packages that made it.
    made : str
        When (UTC), and `seconds` how long it took.
    """

    format: int
    model: str
    weights_hash: str
    precision: str
    checked: dict[str, Agreement]
    held_out: int
    calibrated_on: int
    rejected: dict[str, Agreement]
    dimension: int
    max_tokens: int
    pad: int
    cores: int
    files: dict[str, str]
    versions: dict[str, str]
    made: str
    seconds: float
    rates: dict[str, float] = {}


def read_marker(directory: Path) -> Marker:
    """Read what is known of the compiled model in `directory`.

    Raises
    ------
    FileNotFoundError
        When there is none.
    DamagedCacheError
        When it cannot be read, or is of another layout.
    """
    try:
        marker = msgspec.json.decode(read(directory / MARKER), type=Marker)
    except (UnfitFileError, msgspec.MsgspecError) as error:
        raise DamagedCacheError(f"{directory / MARKER}: {error}") from error
    if marker.format != FORMAT:
        raise DamagedCacheError(f"{directory / MARKER}: layout {marker.format}, this version reads {FORMAT}")
    return marker


def write_marker(directory: Path, marker: Marker) -> None:
    """Complete a cache: after this it is one. A marker that is there is exchanged in one step."""
    _write(directory, MARKER, marker)


def read_reference(directory: Path) -> Reference:
    """Read what the model is checked with.

    Raises
    ------
    DamagedCacheError
        When it cannot be read.
    """
    try:
        return msgspec.msgpack.decode(read(directory / REFERENCE, MOST), type=Reference)
    except (OSError, msgspec.MsgspecError) as error:
        raise DamagedCacheError(f"{directory / REFERENCE}: {error}") from error


def write_reference(directory: Path, reference: Reference) -> None:
    """Keep what the model is checked with."""
    (directory / REFERENCE).write_bytes(msgspec.msgpack.encode(reference))


class Seen(msgspec.Struct, frozen=True):
    """A file as it was when it was read through last.

    Parameters
    ----------
    sha256 : str
    status : tuple of int
        See `_status`.
    at : float
        When, epoch seconds.
    """

    sha256: str
    status: tuple[int, ...]
    at: float


def check_files(directory: Path, marker: Marker, names: Iterable[str], *, once_a_day: bool = False) -> None:
    """Compare files with what the marker says of them.

    Parameters
    ----------
    once_a_day : bool
        For a process that asks once, and ends: a file that was read through within a day is not read again
        if it is the same and has not been written to since. What a disk alters by itself shows the next day.

    Raises
    ------
    DamagedCacheError
        When one is missing or differs.
    """
    for name in names:
        try:
            found = _hash_of_today(directory, name) if once_a_day else file_hash(directory / name)
        except OSError as error:
            raise DamagedCacheError(f"{directory / name}: {error}") from error
        expected = marker.files.get(name, "nothing")
        if found != expected:
            raise DamagedCacheError(f"{directory / name}: SHA-256 {found[:12]}, expected {expected[:12]}")


def _hash_of_today(directory: Path, name: str) -> str:
    status, now = _status(directory / name), time.time()
    seen = _seen(directory)
    if (known := seen.get(name)) and known.status == status and 0 <= now - known.at < _DAY:
        return known.sha256
    found = file_hash(directory / name)
    settled = max(status[-2:]) / 1e9 < now - _SETTLED
    if settled and _status(directory / name) == status:
        with suppress(OSError):  # where nothing can be written it is read each time
            _write(directory, SEEN, seen | {name: Seen(found, status, now)})
    return found


def _status(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is exchanged or written to; nobody can set the time of the last."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _seen(directory: Path) -> dict[str, Seen]:
    try:
        return msgspec.json.decode(read(directory / SEEN), type=dict[str, Seen])
    except (OSError, msgspec.MsgspecError):
        return {}


def _write(directory: Path, name: str, content: object) -> None:
    fresh = directory / f".{name}-{os.getpid()}"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(content)) + b"\n")
    fresh.replace(directory / name)
