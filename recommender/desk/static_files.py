"""The desk's own scripts and styles, under addresses that change with them: caches keep them for ever."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

DIRECTORY = Path(__file__).parent / "static"
PATH = "/desk/static/{version}/{name:path}"
FOR_EVER = "public, max-age=31536000, immutable"
_KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@functools.cache
def files() -> Mapping[str, bytes]:
    """Return all files by name, such as ``vendor/regl.js``; nothing else is ever served."""
    found = sorted(path for path in DIRECTORY.rglob("*") if path.is_file())
    return {path.relative_to(DIRECTORY).as_posix(): path.read_bytes() for path in found}


@functools.cache
def version() -> str:
    """Return what changes when any file does: files that name each other always fit together."""
    digest = hashlib.blake2b(digest_size=6)
    for name, data in files().items():
        digest.update(f"{name}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()


def address(name: str) -> str:
    """Return where a file is found; raise `KeyError` for one that there is not."""
    files()[name]
    return f"/desk/static/{version()}/{name}"


def media_type(name: str) -> str:
    """Return what kind of file a name is of."""
    ending = Path(name).suffix
    return _KINDS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
