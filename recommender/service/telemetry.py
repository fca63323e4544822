"""What operators see: Prometheus metrics, a log of one JSON object a line. No text of a story in either."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import partial
from typing import TextIO

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from recommender.concurrency.retries import Endurance, told_fully
from recommender.concurrency.whose import PUBLISHER
from recommender.story.text_safety import visible

# Seconds. A block is answered in well under a millisecond, a publish in a tenth of a second.
BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """The counters of one service, in a registry of its own.

    Parameters
    ----------
    is_alone : bool
        Whether it has the process for itself: the process's own figures are among them then.
    """

    def __init__(self, *, is_alone: bool = True) -> None:
        self.registry = CollectorRegistry()
        if is_alone:
            ProcessCollector(registry=self.registry)
        counter = partial(Counter, registry=self.registry)
        self._requests = counter("related_requests", "Requests answered.", ["route", "method", "status"])
        self._seconds = Histogram(
            "related_request_seconds",
            "Time from a request's head to the end of its answer.",
            ["route", "method"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.stories = counter(
            "related_stories", "Stories that came in, by what became of them.", ["outcome"]
        )
        self.changed = counter("related_blocks_changed", "Blocks that changed, as on the purge list.")
        self.webhooks = counter("related_webhook_posts", "Posts to the webhook, by result.", ["result"])
        self.sign_ins = counter(
            "related_sign_ins", "Tries to sign in at the desk, by way and outcome.", ["by", "outcome"]
        )
        self.waiting = Gauge(
            "related_work_waiting", "Requests that wait for a thread, or have one.", registry=self.registry
        )
        gauge = partial(Gauge, registry=self.registry)
        self._failures = gauge("related_background_failures", "Pieces of work that failed.", ["thread"])
        self._failing = gauge("related_background_failing", "1 while a thread's work fails.", ["thread"])
        self.left_alone = gauge("related_stories_left_alone", "Stories whose blocks cannot be made now.")
        self.storing = gauge(
            "related_storing", "1 while what is written is kept, 0 on a full or read-only disk."
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def watch(self, thread: Endurance) -> None:
        """Show how the work of a background thread goes."""
        self._failures.labels(thread.name).set_function(lambda: thread.failures)
        self._failing.labels(thread.name).set_function(lambda: thread.trouble is not None)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is a path of ours with its names, never what somebody sent."""
        key = (route, method, status)
        found = self._children.get(key)
        if found is None:  # looking the labels up takes longer than counting
            found = self._children[key] = (
                self._requests.labels(route, method, str(status)),
                self._seconds.labels(route, method),
            )
        found[0].inc()
        found[1].observe(seconds)


class JsonLogHandler(logging.Handler):
    """Writes each record as one JSON object: time, level, event, and whatever stands in its `facts`."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream or sys.stderr
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a log that cannot be written stops no answer."""
        try:
            self._stream.write(self.format(record) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            self.handleError(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as a line of JSON that a terminal may show."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **({"publisher": name} if (name := PUBLISHER.get()) else {}),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = told_fully(record.exc_info[1])
        try:
            return visible(self._encoder.encode(line).decode())
        except UnicodeEncodeError:  # half a surrogate pair, as in the name of a file that is no UTF-8
            return json.dumps(line, default=str)


def log_json(level: str) -> None:
    """Send all logs of the process to standard error as JSON lines.

    What no line shows (thread, process, place in the code) is not found out: a quarter of a line's cost
    (docs.python.org/3/howto/logging.html#optimization).
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.basicConfig(level=level, handlers=[JsonLogHandler()], force=True)
