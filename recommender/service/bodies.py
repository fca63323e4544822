"""Reads the bodies of requests into memory, of which all together may take so much. Knows no JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from recommender.service import problems
from recommender.service.settings import ServiceSettings

LONG, SHORT = 2, 64  # bodies of full length for which there is room at once


class Bodies:
    """The bodies that are held. Those of bulk loads have their own room, so that they crowd out no other.

    Parameters
    ----------
    settings : ServiceSettings
        How long a body may be.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._short = settings.max_question  # a body that says it is no longer counts as short
        self._room = {True: LONG * settings.max_request, False: SHORT * settings.max_question}

    @asynccontextmanager
    async def read(self, request: Request, limit: int, setting: str) -> AsyncIterator[bytes]:
        """Hold the body of a request.

        Raises
        ------
        Problem
            413 once it is longer than `limit` bytes, 503 when too much is held already.
        """
        declared = request.headers.get("content-length", "")
        length = int(declared) if declared.isascii() and declared.isdigit() else None
        if length is not None and length > limit:
            raise problems.too_large(limit, setting)
        is_long = limit > self._short and (length is None or length > self._short)
        parts: list[bytes] = []
        size = 0
        try:
            async for part in request.stream():
                size += len(part)
                self._room[is_long] -= len(part)
                if size > limit:
                    raise problems.too_large(limit, setting)
                if self._room[is_long] < 0:
                    raise problems.busy("too many long requests at once; try again in a moment")
                parts.append(part)
            yield b"".join(parts)
        finally:
            self._room[is_long] += size
