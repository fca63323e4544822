"""What sources yield into an archive: stories with the links beside them, and where they came from.

Knows no kind of source. Nothing is held back: what is refused goes to whoever asks, and reading goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from recommender.archive.archive import Archive
from recommender.archive.intake import Report
from recommender.ingest.base import Found, Origin, Refused, linked
from recommender.story.story import Story


@dataclass(slots=True)
class Imported:
    """What came of an import.

    `report` is what became of the stories; of a dry run those that would be new are counted as added, the
    others as unchanged. `notes` are counted; `links` and `curated` are those of the stories that were read.
    """

    report: Report = field(default_factory=Report)
    links: int = 0
    curated: int = 0
    hidden: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def count(self, item: Found, story: Story) -> None:
        """Count what was read of one story."""
        curated = sum(link.curated for link in story.links)
        self.curated += curated
        self.links += len(story.links) - curated
        self.hidden += story.status.value not in ("published", "corrected")
        self.notes.update(item.notes)


def add_found(
    archive: Archive,
    items: Iterable[Found | Refused],
    on_refused: Callable[[Refused], None],
    on_done: Callable[[int], None] | None = None,
    *,
    undelete: bool = True,
    dry_run: bool = False,
) -> Imported:
    """Add what sources yield; see `Archive.add`.

    Parameters
    ----------
    archive : Archive
    items : iterable
        Read once, in constant memory.
    on_refused : callable
        Told each refusal as it comes.
    on_done : callable, optional
        Told how many more stories are acknowledged.
    undelete : bool
        Take stories that were deleted, too.
    dry_run : bool
        Only read and count.
    """
    imported, waiting = Imported(), dict[str, Origin]()

    def stories() -> Iterator[Story]:
        for item in items:
            if isinstance(item, Refused):
                on_refused(item)
                continue
            story = linked(item)
            imported.count(item, story)
            if item.origin.id or item.origin.type:
                waiting[story.id] = item.origin
            yield story

    def acknowledged(count: int) -> None:
        archive.catalog.set_origins(waiting)
        waiting.clear()
        if on_done:
            on_done(count)

    if dry_run:
        _count(archive, stories(), imported.report)
    else:
        imported.report = archive.add(stories(), acknowledged, undelete=undelete)
    return imported


def _count(archive: Archive, stories: Iterator[Story], report: Report) -> None:
    for story in stories:
        if archive.catalog.get(story.id) is None:
            report.added += 1
        else:
            report.unchanged += 1
