"""Reads the bodies of requests into memory, of which all together may take so much. Knows no JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

from starlette.requests import Request

from recommender.service import problems
from recommender.service.settings import ServiceSettings

LONG, SHORT = 2, 64  # bodies of full length for which there is room at once


class Room(Enum):
    """Whose bodies share a room, so that they crowd out no others'."""

    LONG = auto()  # bulk loads
    SHORT = auto()  # all else of who has shown a key, or is signed in
    STRANGERS = auto()  # who has shown nothing yet: what proves who it is stands in the body
    READERS = auto()  # whoever reads a page


class Bodies:
    """The bodies that are held, each in its room.

    Parameters
    ----------
    settings : ServiceSettings
        How long a body may be.
    times : int
        For how many services there is room.
    within : Bodies, optional
        The room of all services of the process, which theirs together may not exceed.
    """

    def __init__(self, settings: ServiceSettings, *, times: int = 1, within: Bodies | None = None) -> None:
        self._within = within
        self._short = settings.max_question  # a body that says it is no longer counts as short
        self._room = {
            Room.LONG: times * LONG * settings.max_request,
            Room.SHORT: times * SHORT * settings.max_question,
            Room.STRANGERS: times * SHORT * settings.max_question,
            Room.READERS: times * SHORT * settings.max_beacon,
        }

    @asynccontextmanager
    async def read(
        self, request: Request, limit: int, setting: str, room: Room = Room.SHORT
    ) -> AsyncIterator[bytes]:
        """Hold the body of a request. One that may be long, and of a caller who is known, goes with those.

        Raises
        ------
        Problem
            413 once it is longer than `limit` bytes, 503 when too much is held already.
        """
        declared = request.headers.get("content-length", "")
        length = int(declared) if declared.isascii() and declared.isdigit() else None
        if length is not None and length > limit:
            raise problems.too_large(limit, setting)
        if room is Room.SHORT and limit > self._short and (length is None or length > self._short):
            room = Room.LONG
        parts: list[bytes] = []
        size = 0
        try:
            async for part in request.stream():
                size += len(part)
                has_room = self._take(room, len(part))
                if size > limit:
                    raise problems.too_large(limit, setting)
                if not has_room:
                    raise problems.busy("too many long requests at once; try again in a moment")
                parts.append(part)
            yield b"".join(parts)
        finally:
            self._take(room, -size)

    def _take(self, room: Room, size: int) -> bool:
        """Take room, here and in that of all; return whether there was so much in both."""
        self._room[room] -= size
        is_within = self._within is None or self._within._take(room, size)
        return self._room[room] >= 0 and is_within
