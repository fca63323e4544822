"""The files of a compiled model on disk, and whether they are whole. Knows no runtime."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from recommender.embedding.models import file_hash

MARKER, MODEL, WEIGHTS, BLOB, TOKENIZER = (
    "marker.json",
    "model.xml",
    "model.bin",
    "model.blob",
    "tokenizer.json",
)
"""`MODEL` and `WEIGHTS` run on any processor; `BLOB` is the same laid out for this one, and opens in
a quarter of the time."""

FORMAT = 3
"""Version of the layout and of the recipe; another one is compiled anew. 2: one layer is left out of int8.
3: the precision is the fastest one by measurement."""


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
        "int8", "bf16" or "f32".
    cosine : float
        Mean cosine with the original's vectors on `held_out` texts that took no part in calibration.
    rates : dict
        Texts a second of each precision that passed the check, where several did.
    rejected : dict
        Mean cosine of each precision that was tried and failed the check.
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
    cosine: float
    held_out: int
    calibrated_on: int
    rejected: dict[str, float]
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
        marker = msgspec.json.decode((directory / MARKER).read_bytes(), type=Marker)
    except msgspec.MsgspecError as error:
        raise DamagedCacheError(f"{directory / MARKER}: {error}") from error
    if marker.format != FORMAT:
        raise DamagedCacheError(f"{directory / MARKER}: layout {marker.format}, this version reads {FORMAT}")
    return marker


def write_marker(directory: Path, marker: Marker) -> None:
    """Complete a cache: after this it is one."""
    (directory / MARKER).write_bytes(msgspec.json.format(msgspec.json.encode(marker)) + b"\n")


def check_files(directory: Path, marker: Marker, names: Iterable[str]) -> None:
    """Compare files with what the marker says of them.

    Raises
    ------
    DamagedCacheError
        When one is missing or differs.
    """
    for name in names:
        try:
            found = file_hash(directory / name)
        except OSError as error:
            raise DamagedCacheError(f"{directory / name}: {error}") from error
        expected = marker.files.get(name, "nothing")
        if found != expected:
            raise DamagedCacheError(f"{directory / name}: SHA-256 {found[:12]}, expected {expected[:12]}")
