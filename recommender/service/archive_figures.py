"""What operators watch of the archive: how much there is, what waits, what the link policy refuses.

Counting reads the catalog, so it is done beside the requests, and not for each who asks. Knows no HTTP.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog.deliveries import Deliveries
from recommender.embedding.metering import METER
from recommender.newsroom import Newsroom

FRESH_SECONDS = 60.0
"""As long figures are good. To count 100,000 blocks takes 65 ms of one core: a thousandth of it."""

Samples = Mapping[str, float]


class ArchiveFigures(Collector):
    """Figures of one archive, as of the last `refresh`; what is in memory is as of now.

    Parameters
    ----------
    newsroom : Newsroom
        The archive.
    is_alone : bool
        Whether the process is for this archive alone, and so is all that it embeds.
    """

    def __init__(self, newsroom: Newsroom, *, is_alone: bool = True) -> None:
        self._is_alone, self._newsroom, self._deliveries = (
            is_alone,
            newsroom,
            Deliveries(newsroom.archive.catalog),
        )
        self._version = version("related-stories")  # read of files: not for each scrape
        self._counted: list[Metric] = []
        self._counted_at = -FRESH_SECONDS
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Count anew what is older than `FRESH_SECONDS`; raises `ArchiveError` where it cannot be read."""
        with self._lock:
            if time.monotonic() - self._counted_at >= FRESH_SECONDS:
                self._counted = list(self._count())
                self._counted_at = time.monotonic()

    def collect(self) -> Iterator[Metric]:
        """Yield all of them."""
        archive, model = self._newsroom.archive, self._newsroom.archive.model
        about = {"version": self._version, "model": model.name if model else ""}
        yield _gauge("related_info", "What runs here; always 1.", about, 1)
        yield _gauge("related_stories_held", "Stories that may be searched.", {}, archive.held)
        refused = CounterMetricFamily(
            "related_links_refused",
            "Times that the link policy kept a link out of a block.",
            labels=["reason"],
        )
        for reason, times in self._newsroom.refused_links().items():
            refused.add_metric([reason], times)
        yield refused
        if self._is_alone:
            yield from embedded()
        yield from self._counted

    def _count(self) -> Iterator[Metric]:
        archive, waits = self._newsroom.archive, self._newsroom.backlog()
        blocks = {"fresh": waits.blocks - waits.stale, "stale": waits.stale}
        yield _gauges("related_blocks_stored", "Blocks that are stored; stale ones are made anew.", blocks)
        yield _gauge("related_changes_waiting", "Changes that no block has followed yet.", {}, waits.changes)
        age = 0.0 if waits.since is None else max(time.time() - waits.since, 0.0)
        yield _gauge("related_change_age_seconds", "How long the oldest of those has waited.", {}, age)
        posts = self._deliveries.counts()
        yield _gauges("related_webhook_posts_held", "Posts that wait, and those given up.", posts)
        yield _gauges("related_archive_bytes", "Size of the archive's files.", sizes(archive.path), "part")
        free = shutil.disk_usage(archive.path).free
        yield _gauge("related_disk_free_bytes", "Free space where the archive is.", {}, free)


def sizes(archive: Path) -> dict[str, int]:
    """Return the bytes of an archive's files: of its ``catalog``, and of what is ``derived`` from that."""
    found = {"catalog": 0, "derived": 0}
    for place, _, names in os.walk(archive):  # passes over what an old snapshot leaves while it is deleted
        for name in names:
            part = "catalog" if name.startswith(CATALOG_FILE) else "derived"
            with suppress(FileNotFoundError):
                found[part] += os.stat(os.path.join(place, name)).st_size
    return found


def embedded() -> Iterator[Metric]:
    """Yield how much the process has embedded, by kind, and how long that took."""
    about = {
        "texts": ("related_embedded_texts", "Stories, and texts that were asked about."),
        "passages": ("related_embedded_passages", "Passages that those were cut into."),
        "seconds": ("related_embedding_seconds", "Seconds that embedding them took."),
    }
    counts = METER.counts()
    for part, (name, words) in about.items():
        family = CounterMetricFamily(name, words, labels=["kind"])
        for kind, embedded in counts.items():
            family.add_metric([kind.value], getattr(embedded, part))
        yield family


def _gauge(name: str, about: str, labels: Mapping[str, str], value: float) -> Metric:
    family = GaugeMetricFamily(name, about, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _gauges(name: str, about: str, values: Samples, label: str = "state") -> Metric:
    family = GaugeMetricFamily(name, about, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family
