"""Runs the application with uvicorn until it is told to stop; then finishes what was begun."""

from __future__ import annotations

import logging
import signal
import sys

import uvicorn
from threadpoolctl import threadpool_limits

from recommender.newsroom import Newsroom
from recommender.service.app import create_app
from recommender.service.connections import Connections
from recommender.service.observing import log_json
from recommender.service.settings import ServiceSettings

BACKLOG = 2048
SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread that makes blocks may keep the interpreter from the one that serves them; the
default, 5 ms, is what one answer in a hundred would wait for."""

log = logging.getLogger("related.service")


def serve(newsroom: Newsroom, settings: ServiceSettings, host: str, port: int, level: str = "INFO") -> None:
    """Answer requests until SIGTERM or SIGINT, then let what was begun come to its end.

    Parameters
    ----------
    newsroom : Newsroom
        An open archive.
    settings : ServiceSettings
        The operator's choices.
    host, port
        Where to listen; port 0 takes a free one, which the log names.
    level : str
        Of the log.
    """
    log_json(level)
    sys.setswitchinterval(SWITCH_INTERVAL)
    # A block's matrices are small: more threads of BLAS wait for each other, and for the requests.
    threadpool_limits(1, user_api="blas")
    # Uvicorn raises the signal that stopped it once more at its end; the archive has yet to be closed.
    signal.signal(signal.SIGTERM, _end)
    config = uvicorn.Config(
        create_app(newsroom, settings),
        host=host,
        port=port,
        loop="auto",  # uvloop where there is one
        http=Connections(settings).protocol,  # type: ignore[arg-type]  # a callable does: it is only called
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=settings.stop_seconds,
        backlog=BACKLOG,
    )
    uvicorn.Server(config).run()


def _end(*_: object) -> None:
    raise SystemExit(0)
