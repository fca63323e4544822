"""What runs beside the requests: model, the newsroom's worker, webhooks, followed sites, and learning."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from recommender.concurrency.retries import Endurance
from recommender.concurrency.whose import OwnThread
from recommender.following.follower import Look
from recommender.following.runner import Runner, logged
from recommender.following.settings import load_follow_settings
from recommender.service.learning_thread import LearningThread
from recommender.service.quick_start import QuickStartThread
from recommender.service.service import Service
from recommender.service.webhook_sender import Destination, WebhookSender, WebhookThread
from recommender.web.settings import load_web_settings

log = logging.getLogger("related.service")


class ServiceThreads:
    """The threads of a running service.

    Parameters
    ----------
    service : Service
    warms : bool
        Whether what the first who ask would wait for is done beforehand.
    """

    def __init__(self, service: Service, *, warms: bool = True) -> None:
        self._warms = warms
        service.is_warm = not warms
        self._service = service
        self._warming = OwnThread(self._warm, "warm")
        self._stopping = threading.Event()
        self._works = service.settings.works
        self._courier = _courier(service) if self._works else None
        self._follower = _follower(service) if self._works else None
        self._learning = _learning(service) if self._works else None
        self._quick_start = _quick_start(service) if self._works else None
        if self._works:
            service.watch(service.worker.endurance)
            service.metrics.watch(service.worker.bulk)  # where it fails, pages are served all the same
        self._warmth = service.watch(Endurance("model", service.clock))
        if self._courier is not None:
            service.watch(self._courier.endurance)
        if self._follower is not None:
            service.watch(self._follower.endurance)
        if self._learning is not None:
            service.watch(self._learning.endurance)
        if self._quick_start is not None:
            service.metrics.watch(self._quick_start.endurance)  # as good as before, where it fails

    @property
    def are_at_work(self) -> bool:
        """Whether blocks or posts are due that have not had their turn since the start."""
        courier = self._courier
        return self._service.worker.is_at_work or (courier is not None and courier.is_at_work)

    @property
    def are_running(self) -> bool:
        """Whether any lives, and may use the archive."""
        others = (self._courier, self._follower, self._learning, self._quick_start)
        return (
            self._warming.is_alive()
            or self._service.worker.is_running
            or any(one is not None and one.is_running for one in others)
        )

    def start(self) -> None:
        """Start them all; returns at once. Where one does not start, `stop` ends the others."""
        if self._warms:
            self._warming.start()
        if self._works:
            self._service.worker.start()
        if self._courier is not None:
            self._courier.start()
        if self._follower is not None:
            self._follower.start()
        if self._learning is not None:
            self._learning.start()
        if self._quick_start is not None:
            self._quick_start.start()

    def stop(self) -> None:
        """End them all, each after what it is doing and in `stop_seconds` together, whatever one raises."""
        ends = time.monotonic() + self._service.settings.stop_seconds
        self._stopping.set()
        with ExitStack() as last_first:
            if self._courier is not None:
                last_first.callback(_ended, self._courier.stop, ends)
            last_first.callback(self._service.close)
            if self._warming.is_alive():
                last_first.callback(_ended, self._warming.join, ends)
            last_first.callback(_ended, self._service.worker.stop, ends)
            if self._learning is not None:
                last_first.callback(_ended, self._learning.stop, ends)
            if self._quick_start is not None:
                last_first.callback(_ended, self._quick_start.stop, ends)
            if self._follower is not None:
                last_first.callback(_ended, self._follower.stop, ends)
        log.info("stopped")

    def _warm(self) -> None:
        is_ending = self._stopping.is_set
        while not self._service.is_warm:
            self._warmth.run(lambda: self._service.warm(is_ending))
            if not self._warmth.wait(self._stopping):
                return
        self._service.read_beforehand(is_ending)


def _ended(stop: Callable[[float], object], ends: float) -> None:
    stop(max(ends - time.monotonic(), 0.0))


def _follower(service: Service) -> Runner | None:
    archive = service.newsroom.archive.path
    settings = load_follow_settings(archive)
    if not settings.addresses:
        return None

    def tell(look: Look) -> None:
        logged(look)
        service.worker.wake()

    return Runner(service.newsroom, settings.addresses, settings, load_web_settings(archive), tell)


def _learning(service: Service) -> LearningThread | None:
    settings = service.newsroom.settings
    if not settings.learn_clicks and (not settings.learn or settings.ranker):
        return None
    return LearningThread(service.newsroom.engine, lambda: service.work.is_busy)


def _quick_start(service: Service) -> QuickStartThread:
    return QuickStartThread(service.newsroom.archive, service.reembedding)


def _courier(service: Service) -> WebhookThread | None:
    settings = service.settings
    if not settings.webhook_url:
        return None
    sender = WebhookSender(
        service.newsroom.archive.catalog,
        Destination(settings.webhook_url, settings.webhook_secret, settings.webhook_private),
        settings.webhook_tries,
        on_post=lambda result: service.metrics.webhooks.labels(result).inc(),
        clock=service.clock,
    )
    return WebhookThread(sender)
