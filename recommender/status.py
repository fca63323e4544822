"""What an archive holds and whether anything needs attention, as figures for an operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from recommender.ranking.model import LinearModel

if TYPE_CHECKING:
    from recommender.archive import Archive

DRIFT_LIMIT = 0.2  # share of new terms that the lexical model does not know, from which a rebuild is worth it


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveStatus:
    """The figures. Sizes in bytes; `drift` is the share of the newest terms that the model lacks."""

    path: str
    stories: int
    by_status: Mapping[str, int]
    embedded: int
    indexed: int
    links: int
    waiting_links: int
    model: str
    weights: str
    ranker: str
    generation: int
    last_change: int
    unsaved_changes: int
    drift: float
    catalog_bytes: int
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the figures as JSON objects."""
        return asdict(self)

    def to_rows(self) -> list[tuple[str, str]]:
        """Return names and values for a table."""
        return [(name.replace("_", " "), _text(value)) for name, value in self.to_dict().items()]


def status_of(archive: Archive, model: LinearModel) -> ArchiveStatus:
    """Measure an archive."""
    view = archive.catch_up()
    counts = archive.catalog.statistics()
    embedding = archive.model
    drift = view.hybrid.drift(view.store) if view.hybrid else 0.0
    problems = []
    if drift > DRIFT_LIMIT:
        problems.append(f"the lexical model misses {drift:.0%} of the newest terms: run `related rebuild`")
    if len(view.store) < counts.stories:
        problems.append(f"{counts.stories - len(view.store)} stories have no vectors: add them again")
    return ArchiveStatus(
        path=str(archive.path),
        stories=counts.stories,
        by_status=dict(counts.by_status),
        embedded=counts.embedded,
        indexed=len(view.index) if view.index is not None else 0,
        links=counts.links,
        waiting_links=counts.waiting_links,
        model=embedding.name if embedding else "",
        weights=embedding.hash if embedding else "",
        ranker=model.version,
        generation=archive.generation,
        last_change=counts.last_seq,
        unsaved_changes=archive.unsaved_changes,
        drift=round(drift, 4),
        catalog_bytes=counts.size,
        problems=tuple(problems),
    )


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    if isinstance(value, tuple):
        return "; ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
