"""All connections of a service: how many are held at once, and which makes room for a new one.

Knows addresses, nothing of what is asked. When there are too many, the one that has kept the service waiting
longest makes room: a new one is always let in.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from recommender.service.client_addresses import parsed, site
from recommender.service.connection import Connection
from recommender.service.settings import ServiceSettings
from recommender.service.turns import Turns

SWEEP_SECONDS = 0.5  # between looks for connections whose time is over
LATE_SECONDS = 0.1  # by which a look comes too late when the event loop was held up
LOG_SECONDS = 10.0  # between log lines about one thing: an attack must not fill the disk
OTHER_FILES = 256  # that the process needs besides connections: the archive, its snapshot, the log

log = logging.getLogger("related.connections")


class Connections:
    """All connections of one service: counted, timed, and closed where they keep the service waiting.

    Parameters
    ----------
    settings : ServiceSettings
        The limits.
    ahead : collection of str
        Paths whose requests are begun at once.
    """

    def __init__(self, settings: ServiceSettings, ahead: Collection[str] = ()) -> None:
        self.settings, self.turns = settings, Turns(ahead)
        self.is_stopping = False  # each is answered once more at most, and closed
        self._most = _within_files(settings.connections)
        self._proxies = settings.proxy_networks
        self._held: OrderedDict[Connection, str] = OrderedDict()  # by address; who waited longest comes first
        self._by_address: dict[str, int] = {}
        self._told: dict[str, float] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._held)

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Connection:
        """Return the protocol of a new connection, as uvicorn asks for it."""
        return Connection(self, config, server_state, app_state, _loop)

    def add(self, one: Connection, host: str) -> bool:
        """Hold a connection more; return False where there is no room for it."""
        address = site(host)
        count = self._by_address.get(address, 0)
        if count >= self.settings.connections_by_address and not self._is_proxy(host):
            self._tell(f"too many connections from {address}", count)
            if not self._make_room(address):
                return False
        if len(self._held) >= self._most:
            self._tell("too many connections", len(self._held))
            if not self._make_room(None):
                return False
        self._held[one] = address
        self._by_address[address] = self._by_address.get(address, 0) + 1
        if self._sweeper is None:
            self._sweep(one.loop, one.loop.time())
        return True

    def remove(self, one: Connection) -> None:
        """Hold a connection no longer."""
        address = self._held.pop(one, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    def waits_anew(self, one: Connection) -> None:
        """Let a connection that was answered be the last to make room."""
        if one in self._held:
            self._held.move_to_end(one)

    def too_slow(self, what: str) -> None:
        """Say in the log that a request did not come in time, unless it was not given its time."""
        if self.is_stopping:
            return
        self._tell(f"closed a connection: {what} did not come in time", len(self._held))

    def _make_room(self, address: str | None) -> bool:
        """End the connection, of an address if given, that has kept the service waiting longest."""
        for one, its_address in self._held.items():
            if address in (None, its_address) and one.keeps_waiting:
                one.end()
                return True
        return False

    def _is_proxy(self, host: str) -> bool:
        ip = parsed(host)
        return ip is not None and any(ip in network for network in self._proxies)

    def _tell(self, event: str, count: int) -> None:
        now = time.monotonic()
        if now - self._told.get(event, -LOG_SECONDS) >= LOG_SECONDS:
            if len(self._told) > OTHER_FILES:
                self._told.clear()
            self._told[event] = now
            log.warning(event, extra={"facts": {"connections": count}})

    def _sweep(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        """End what is over; goes on while there are connections.

        Where the loop was held up, what clients sent meanwhile is not read yet: they get that time back.
        """
        self._sweeper = None
        now = loop.time()
        if now - due > LATE_SECONDS:
            for one in self._held:
                one.ends_at += now - due
        for one in [each for each in self._held if each.ends_at <= now]:
            one.end_slow()
        if self._held:
            self._sweeper = loop.call_later(SWEEP_SECONDS, self._sweep, loop, now + SWEEP_SECONDS)


def files_up_to(needed: int) -> int:
    """Let the process open so many files, as far as it may; return how many it can, `needed` or fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return needed if soft == resource.RLIM_INFINITY else min(soft, needed)


def _within_files(wanted: int) -> int:
    """Let the process open as many files as so many connections need, and return how many it may hold."""
    needed = wanted + OTHER_FILES
    soft = files_up_to(needed)
    if soft >= needed:
        return wanted
    most = max(soft - OTHER_FILES, 1)
    log.warning(
        "fewer connections than set: the process may open too few files",
        extra={"facts": {"connections": most}},
    )
    return most
