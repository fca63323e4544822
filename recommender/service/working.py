"""A process that answers nobody, and does what is due until it is told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from dataclasses import replace

from threadpoolctl import threadpool_limits

from recommender.newsroom import Newsroom
from recommender.service.background import ServiceThreads
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.telemetry import log_json

log = logging.getLogger("related.service")


def work(newsroom: Newsroom, settings: ServiceSettings, level: str = "INFO") -> None:
    """Do what a service does beside requests until SIGTERM or SIGINT, then finish the piece at hand.

    Parameters
    ----------
    newsroom : Newsroom
        An open archive.
    settings : ServiceSettings
        The operator's choices.
    level : str
        Of the log.
    """
    log_json(level)
    threadpool_limits(1, user_api="blas")  # as in a service: blocks have small matrices
    stopping = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    threads = ServiceThreads(Service(newsroom, replace(settings, works=True)), warms=False)
    try:
        threads.start()
        log.info("working")
        stopping.wait()
    finally:
        threads.stop()
