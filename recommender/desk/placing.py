"""Where the desk stands: its addresses, named as at the root of a host, are put below a path here."""

from __future__ import annotations

import re

from starlette.responses import HTMLResponse, Response

_OWN = re.compile(rb'(?<!value)="/(?=(?:desk|sidebar)[/?#"])')
"""In an attribute, an address of ours that a browser follows; what a form gives back stays as it is. No text
of others is found: in it quotes are escaped."""
_COOKIE = "; Path=/desk"


def placed(answer: Response, root: str) -> Response:
    """Return an answer as it is given below a path: the addresses in it, where it leads, its cookies."""
    if not root:
        return answer
    for name, value in list(answer.headers.items()):
        if name == "location" and value.startswith("/"):
            answer.headers["location"] = root + value
    answer.raw_headers[:] = [(name, _scoped(name, value, root)) for name, value in answer.raw_headers]
    if isinstance(answer, HTMLResponse):
        answer.body = _OWN.sub(f'="{root}/'.encode(), bytes(answer.body))
        answer.headers["content-length"] = str(len(answer.body))
    return answer


def _scoped(name: bytes, value: bytes, root: str) -> bytes:
    if name != b"set-cookie":
        return value
    return (
        value.decode("latin-1").replace(_COOKIE, _COOKIE.replace("/desk", f"{root}/desk")).encode("latin-1")
    )
