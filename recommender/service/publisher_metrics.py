"""What operators see of many publishers together: how many are open, what they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from recommender.service.archive_figures import embedded

MOST_NAMED = 1000
"""Publishers that have a label of their own; those that come later are counted together."""
OTHERS = "(others)"


class PublisherMetrics:
    """The counters of a process with many publishers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Embedded())
        counter, gauge = partial(Counter, registry=self.registry), partial(Gauge, registry=self.registry)
        self._requests = counter(
            "related_publisher_requests", "Requests answered, by publisher.", ["publisher", "status"]
        )
        self._elsewhere = counter(
            "related_requests", "Requests answered that are no publisher's.", ["route", "method", "status"]
        )
        self.opened = counter("related_publishers_opened", "Archives that were opened.")
        self.opening_failed = counter("related_publishers_failed", "Archives that could not be opened.")
        self.open = gauge("related_publishers_open", "Archives that are open.")
        self.loaded = gauge("related_publishers_loaded", "Archives whose index is in memory, or at work.")
        self.due = gauge("related_publishers_due", "Archives with work that is due and has not begun.")
        self._named: set[str] = set()
        self._children: dict[tuple[str, int], Counter] = {}

    def answered(self, route: str, method: str, status: int, _: float) -> None:
        """Count an answer that is no publisher's."""
        self._elsewhere.labels(route, method, str(status)).inc()

    def asked(self, publisher: str, status: int) -> None:
        """Count a publisher's answer."""
        child = self._children.get((publisher, status))
        if child is None:
            if publisher not in self._named and len(self._named) >= MOST_NAMED:
                publisher = OTHERS
            self._named.add(publisher)
            child = self._children[publisher, status] = self._requests.labels(publisher, str(status))
        child.inc()


class _Embedded(Collector):
    def collect(self) -> Iterator[Metric]:
        """Yield how much was embedded for all of them."""
        yield from embedded()
