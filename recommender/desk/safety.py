"""What keeps a page of the desk safe: its headers, its cookies, the token in its forms. Knows no stories."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

SESSION, FORM = "related_desk", "related_desk_form"  # cookies: who has signed in, and what forms belong to
TOKEN = "token"  # the field of each form that only our own pages know
_FORM_BYTES = 32
_OWN = ("same-origin", "none")  # of Sec-Fetch-Site: our own pages, and the address bar
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' http: https:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def policy(**changed: str) -> str:
    """Return the Content-Security-Policy of a page, with other sources for some of its directives.

    Parameters
    ----------
    **changed : str
        Sources by directive, its hyphens as underscores: ``policy(frame_ancestors="'self'")``.
    """
    given = {name.replace("_", "-"): sources for name, sources in changed.items()}
    return "; ".join(f"{name} {sources}" for name, sources in (_POLICY | given).items())


HEADERS: Mapping[str, str] = {
    "content-security-policy": policy(),
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
"""Of every answer of the desk, unless it brings its own."""


def secured(response: Response) -> Response:
    """Return an answer with the headers that it does not bring itself."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def form_token(secret: str) -> str:
    """Return the token of the forms that are shown to who holds a cookie."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def is_genuine(request: Request, sent: str, expected: str) -> bool:
    """Return whether a form was sent from our own page by who was shown it."""
    return is_own(request) and hmac.compare_digest(sent.encode(), expected.encode())


def is_own(request: Request) -> bool:
    """Return whether a request may come from a page of ours: every browser says of one that does not."""
    came = request.headers.get("sec-fetch-site")
    return came is None or came in _OWN


def new_secret() -> str:
    """Return the value of a fresh cookie."""
    return secrets.token_urlsafe(_FORM_BYTES)


def set_cookie(response: Response, name: str, value: str, seconds: int | None, *, secure: bool) -> None:
    """Give the browser a cookie that no script reads and that no other site's form carries."""
    response.set_cookie(
        name, value, max_age=seconds, path="/desk", secure=secure, httponly=True, samesite="lax"
    )


def drop_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(name, path="/desk", secure=secure, httponly=True, samesite="lax")
