"""The desk's own scripts and styles, under addresses that change with them: caches keep them for ever."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from recommender.service import problems

DIRECTORY = Path(__file__).parent / "static"
PALETTE = Path(__file__).parents[1] / "templates" / "palette.css"
COLOURED = ("desk.css", "frame.css")  # which the palette goes before: a page then loads one file
DESK = "/desk"  # what stands before the paths of all pages, and of their files
PATH = "/static/{version}/{name:path}"
FOR_EVER = "public, max-age=31536000, immutable"
_KINDS = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@functools.cache
def files() -> Mapping[str, bytes]:
    """Return all files by name, such as ``vendor/regl.js``; nothing else is ever served."""
    found = sorted(path for path in DIRECTORY.rglob("*") if path.is_file())
    read = {path.relative_to(DIRECTORY).as_posix(): path.read_bytes() for path in found}
    return read | {name: PALETTE.read_bytes() + read[name] for name in COLOURED}


@functools.cache
def version() -> str:
    """Return what changes when any file does: files that name each other always fit together."""
    digest = hashlib.blake2b(digest_size=6)
    for name, data in files().items():
        digest.update(f"{name}\n{len(data)}\n".encode() + data)
    return digest.hexdigest()


def address(name: str, of: str = DESK) -> str:
    """Return where a file is found, of the desk or of a page beside it; `KeyError` where there is none."""
    files()[name]
    return f"{of}/static/{version()}/{name}"


async def serve(request: Request) -> Response:
    """Answer with a script or a style; a page that stands open and names an older one gets ours."""
    name = request.path_params["name"]
    data = files().get(name)
    if data is None:
        raise problems.Problem(404, "not-found", "there is no such file of the desk")
    is_ours = request.path_params["version"] == version()
    cached = FOR_EVER if is_ours else "no-cache"
    return Response(data, headers={"cache-control": cached}, media_type=media_type(name))


def media_type(name: str) -> str:
    """Return what kind of file a name is of."""
    ending = Path(name).suffix
    return _KINDS.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
