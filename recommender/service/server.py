"""Runs the application with uvicorn until it is told to stop; then finishes what was begun."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import AF_INET, AF_INET6, create_server, socket
from threading import Timer
from types import FrameType
from typing import Protocol

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from recommender.archive.archive import OpenModel
from recommender.errors import ExtraMissingError, ListenError, NotFoundError
from recommender.newsroom import Newsroom
from recommender.service.activation import given_sockets
from recommender.service.app import app_of
from recommender.service.connections import Connections
from recommender.service.proxies import BehindProxies
from recommender.service.publisher import Shared
from recommender.service.publisher_files import within_files
from recommender.service.publishers import Publishers
from recommender.service.publishers_settings import load_common, load_publishers_settings
from recommender.service.routes import HEALTH
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.shared_models import SharedModels
from recommender.service.telemetry import log_json
from recommender.service.work import Pools

BACKLOG = 2048
LISTENERS = 16
"""Times that the listening socket is watched. libuv accepts one connection of each in a turn of the loop:
with one a crowd would be let in one by one, and who comes behind it would wait for all of its requests."""
ANSWERING = 0.7  # of the seconds for stopping, for answers; the rest is for what runs beside them
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")  # opentelemetry.io
STARTUP_FAILURE = 3  # how uvicorn ends where it cannot start; of this program, the code of refused stories
SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread that makes blocks may keep the interpreter from the one that serves them; the
default, 5 ms, is what one answer in a hundred would wait for."""

log = logging.getLogger("related.service")


def no_pages(_: Service) -> Sequence[BaseRoute]:
    """Return no pages: calls alone are answered."""
    return ()


def serve(
    newsroom: Newsroom,
    settings: ServiceSettings,
    host: str,
    port: int,
    level: str = "INFO",
    pages: Callable[[Service], Sequence[BaseRoute]] = no_pages,
) -> None:
    """Answer requests until SIGTERM or SIGINT, then let what was begun come to its end.

    Parameters
    ----------
    newsroom : Newsroom
        An open archive.
    settings : ServiceSettings
        The operator's choices.
    host, port
        Where to listen, unless sockets are handed over; port 0 takes a free one, which the log names.
    level : str
        Of the log.
    pages : callable
        Returns what is served beside the calls, such as the desk.

    Raises
    ------
    ListenError
        When it cannot listen there.
    """
    service = Service(newsroom, settings)
    app = app_of(service, pages(service))
    service.beforehand(_freeze)
    _run(app, service, host, port, level)


def _freeze() -> None:
    """Look for garbage among all that was read beforehand, once: each look stops everybody for its time."""
    gc.collect()
    gc.freeze()


def serve_publishers(
    directory: Path,
    host: str,
    port: int,
    level: str = "INFO",
    pages: Callable[[Service], Sequence[BaseRoute]] = no_pages,
    models: OpenModel | None = None,
) -> None:
    """Answer requests for all archives of a directory until told to stop; see `serve`.

    Parameters
    ----------
    directory : Path
        Each directory in it is an archive.
    host, port, level, pages
        As for one.
    models : callable, optional
        Opens an embedding model, which all archives share.

    Raises
    ------
    ListenError
        When it cannot listen there.
    NotFoundError
        When there is no such directory.
    SettingsError
        When a setting that counts for all is impossible, or can be one publisher's alone.
    """
    if not directory.is_dir():
        raise NotFoundError(
            f"no directory {directory}; make it, and archives in it: "
            f"related init --archive {directory / 'NAME'}"
        )
    common = load_common(directory)
    settings = within_files(load_publishers_settings(directory), common)
    shared = Shared(settings=common, pages=pages, models=models or SharedModels(), pools=Pools())
    publishers = Publishers(directory, settings, shared)
    _run(publishers, publishers, host, port, level)


class _Stopping(Protocol):
    """What is served, as far as it has to be told to end."""

    settings: ServiceSettings
    is_stopping: bool


def _run(app: ASGIApp, service: _Stopping, host: str, port: int, level: str) -> None:
    settings = service.settings
    log_json(level)
    sys.setswitchinterval(SWITCH_INTERVAL)
    # A block's matrices are small: more threads of BLAS wait for each other, and for the requests.
    threadpool_limits(1, user_api="blas")
    # Uvicorn raises the signal that stopped it once more at its end; the archive has yet to be closed.
    signal.signal(signal.SIGTERM, _end)
    connections = Connections(settings, ahead=[HEALTH])
    config = uvicorn.Config(
        BehindProxies(_traced(app), settings.proxies),
        host=host,
        port=port,
        loop="auto",  # uvloop where there is one
        http=connections.protocol,  # type: ignore[arg-type]  # a callable does: it is only called
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # by `BehindProxies`
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=int(settings.stop_seconds * ANSWERING),
        backlog=BACKLOG,
    )
    try:
        _Server(config, service, connections).run(given_sockets() or None)
    except SystemExit as ended:
        if ended.code != STARTUP_FAILURE:
            raise
        raise _cannot_serve(host, port) from ended


def _traced(app: ASGIApp) -> ASGIApp:
    """Return the application, within spans where the environment says where those go."""
    named = [name for name in _ENDPOINTS if os.environ.get(name)]
    if not named or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return app
    try:
        from recommender.service.tracing import Tracing  # an extra, and slow to import
    except ModuleNotFoundError as error:
        raise ExtraMissingError(
            f"{named[0]} asks for traces, which need {error.name}; install: "
            f"pip install 'related-stories[tracing]', or unset {named[0]}"
        ) from error
    return Tracing.from_environment().around(app)


def _cannot_serve(host: str, port: int) -> ListenError:
    problem = _problem(host, port) or "the log has the reason"
    return ListenError(
        f"cannot serve on {host}, port {port}: {problem}; name another --host or --port, or free it"
    )


def _problem(host: str, port: int) -> str | None:
    """Return why nothing can listen at an address."""
    try:
        create_server((host, port), family=AF_INET6 if ":" in host else AF_INET).close()
    except OSError as error:
        return os.strerror(error.errno).lower() if error.errno else str(error)
    return None


class _Server(uvicorn.Server):
    """Stops within the time that it has, whatever runs: what was acknowledged is on the disk."""

    def __init__(self, config: uvicorn.Config, service: _Stopping, connections: Connections) -> None:
        super().__init__(config)
        self._service, self._connections = service, connections

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Listen, and let in several at a time."""
        await super().startup(sockets)
        for given in sockets or ():
            host, port = given.getsockname()[:2]
            log.info("running on http://%s:%s, a socket that was handed over", host, port)
        loop = asyncio.get_running_loop()
        for listening in [each for server in self.servers for each in server.sockets]:
            for _ in range(LISTENERS - 1):
                same = socket(fileno=os.dup(listening.fileno()))
                self.servers.append(await loop.create_server(self._connection, sock=same, backlog=BACKLOG))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let nobody in any more, answer those who are, and close."""
        self._connections.is_stopping = True
        await super().shutdown(sockets)

    def _connection(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop. From here on the time runs, even where the event loop is held up."""
        if not self._service.is_stopping:
            self._service.is_stopping = True
            watch = Timer(self._service.settings.stop_seconds, _give_up)
            watch.daemon = True
            watch.start()
        super().handle_exit(sig, frame)


def _give_up() -> None:
    log.warning("stopped before all that was begun was finished; nothing that was acknowledged is lost")
    os._exit(0)


def _end(*_: object) -> None:
    raise SystemExit(0)
