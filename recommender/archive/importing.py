"""What sources yield into an archive: stories with the links beside them, and where they came from.

Knows no kind of source. Nothing is held back: what is refused goes to the caller, and reading goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from recommender.archive.archive import Archive
from recommender.archive.intake import Report
from recommender.errors import SourceError
from recommender.ingest.base import Found, Origin, Refused, linked
from recommender.ingest.live.base import Item, Reached
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
    items: Iterable[Item],
    on_refused: Callable[[Refused], None],
    on_done: Callable[[int], None] | None = None,
    *,
    undelete: bool = True,
    dry_run: bool = False,
    on_reached: Callable[[Reached], None] | None = None,
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
    on_reached : callable, optional
        Told how far a source was read, as soon as all stories up to there are acknowledged.

    Raises
    ------
    SourceError
        When a source fails; what came before is kept.
    """
    run = _Run(on_refused, on_done, _Milestones(on_reached))
    stories = run.stories(items)
    if dry_run:
        _count(archive, stories, run.imported.report, on_done)
    else:
        run.imported.report = archive.add(stories, run.acknowledge, undelete=undelete, origins=run.origins)
        run.milestones.acknowledge(0)
    if run.torn:
        raise run.torn[0]
    return run.imported


class _Run:
    """One import: what was read so far, and what waits for its stories to be acknowledged."""

    def __init__(
        self,
        on_refused: Callable[[Refused], None],
        on_done: Callable[[int], None] | None,
        milestones: _Milestones,
    ) -> None:
        self._on_refused, self._on_done = on_refused, on_done
        self.imported, self.milestones = Imported(), milestones
        self.torn: list[SourceError] = []
        self.origins: dict[str, Origin] = {}  # of stories that are not acknowledged yet

    def stories(self, items: Iterable[Item]) -> Iterator[Story]:
        """Yield the stories among what is read, and note the rest."""
        for item in _until_torn(items, self.torn):
            if isinstance(item, Refused):
                self._on_refused(item)
            elif isinstance(item, Reached):
                self.milestones.pass_by(item)
            elif isinstance(item, Found):
                story = linked(item)
                self.milestones.yielded += 1
                self.imported.count(item, story)
                if item.origin.id or item.origin.type:
                    self.origins[story.id] = item.origin
                yield story

    def acknowledge(self, count: int) -> None:
        """Tell how many stories were just written."""
        self.origins.clear()
        self.milestones.acknowledge(count)
        if self._on_done:
            self._on_done(count)


def _until_torn(items: Iterable[Item], torn: list[SourceError]) -> Iterator[Item]:
    """Yield what comes before a source fails, so that it is kept; the error is put into `torn`."""
    try:
        yield from items
    except SourceError as error:
        torn.append(error)


class _Milestones:
    """How far sources were read, each told when the stories before it are safe."""

    def __init__(self, tell: Callable[[Reached], None] | None) -> None:
        self._tell = tell
        self._waiting: list[tuple[int, Reached]] = []
        self.yielded = self._safe = 0

    def pass_by(self, item: Reached) -> None:
        """Note how far a source was read."""
        self._waiting.append((self.yielded, item))

    def acknowledge(self, count: int) -> None:
        """Tell the last of each source that is safe by now."""
        self._safe += count
        reached = {item.url: item for stories, item in self._waiting if stories <= self._safe}
        self._waiting = [one for one in self._waiting if one[0] > self._safe]
        if self._tell is not None:
            for item in reached.values():
                self._tell(item)


def _count(
    archive: Archive, stories: Iterator[Story], report: Report, on_done: Callable[[int], None] | None
) -> None:
    for story in stories:
        if on_done:
            on_done(1)
        if archive.catalog.get(story.id) is None:
            report.added += 1
        else:
            report.unchanged += 1
