"""Blocks pushed into a CMS, story by story: only those that changed, politely, and on from where it stopped.

Knows no CMS: a `Target` does. What was pushed is noted in the archive's directory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Protocol

import msgspec

from recommender.errors import ExportError
from recommender.export.changes import Cursor, make_fresh, story_blocks
from recommender.export.journal import Delivered, Journal
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock
from recommender.export.worklist import worklist
from recommender.newsroom import Newsroom
from recommender.newsroom.rebuild import Progress

FOLDER = "pushes"  # in the archive's directory
REFUSALS_IN_A_ROW = 3  # from which it is taken for granted that the next story is refused, too
_DIGEST = 12  # bytes
_ELSEWHERE = ""  # the place of a story that is not of this CMS


class GoneError(ExportError):
    """The CMS does not have the story any more."""


class RefusedError(ExportError):
    """The CMS does not take the block of this story, and may take others."""


class Target(Protocol):
    """A CMS that takes blocks. What it raises besides `GoneError` and `RefusedError` ends the push."""

    kind: str

    def place(self, one: StoryBlock) -> str:
        """Return what the CMS calls a story; empty where it is not of it."""
        ...

    def value(self, one: StoryBlock) -> object:
        """Return a block as the CMS takes it, as JSON has it."""
        ...

    def put(self, place: str, value: object) -> None:
        """Let a story have a block."""
        ...


@dataclass(slots=True, kw_only=True)
class PushReport:
    """What a push did.

    Attributes
    ----------
    stories : int
        Whose blocks were looked at: all, or those that may have changed.
    pushed, unchanged, elsewhere : int
        Stories whose block was pushed, or would be; that have it already; that are not of this CMS.
    gone : list of str
        Ids of stories that the CMS does not have any more.
    refused : dict of str to str
        Why the CMS did not take a block, by the story's id. It is tried again the next time.
    """

    stories: int = 0
    pushed: int = 0
    unchanged: int = 0
    elsewhere: int = 0
    gone: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def counts(self) -> dict[str, object]:
        """Return the figures and names."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Push:
    """A push of the blocks of a newsroom into a CMS.

    Parameters
    ----------
    newsroom : Newsroom
    target : Target
    url : str
        Where the CMS is.
    site : str
        Where readers find its stories, if that is elsewhere: stories of other sites are left alone.
    k : int or None
        Slots at most; the setting `slots` by default.
    recipe : str
        What changes when every block has to be pushed again, such as another field.
    """

    newsroom: Newsroom
    target: Target
    url: str
    site: str = ""
    k: int | None = None
    recipe: str = ""

    def run(
        self,
        *,
        full: bool = False,
        dry_run: bool = False,
        on_done: Progress | None = None,
        on_story: Callable[[StoryBlock], object] = lambda _: None,
    ) -> PushReport:
        """Push what changed since the last time.

        Parameters
        ----------
        full : bool
            Look at every story, whatever was pushed before.
        dry_run : bool
            Ask nothing of the CMS, and note nothing.
        on_done : callable, optional
            Told how many more blocks were made.
        on_story : callable
            Told of each story whose block is pushed, or would be.

        Raises
        ------
        ExportError, WebError
            When the CMS cannot be reached or takes no block; the next push goes on where this one stopped.
        """
        if not dry_run:
            make_fresh(self.newsroom, on_done)
        report, site = PushReport(), Site(url=self.site or self.url)
        archive = self.newsroom.archive
        name = f"{self.target.kind}-{_digest(self.url.rstrip('/'))}.jsonl"
        opened = Journal.open(archive.path / FOLDER / name, archive.id, self._recipe, read_only=dry_run)
        with opened as journal:
            now, public = Cursor.now(self.newsroom), self.newsroom.public_nums()
            wanted = worklist(self.newsroom, journal, public, full=full)
            begun = now if dry_run else journal.begin(now, anew=full)
            in_a_row = 0
            for one in story_blocks(self.newsroom, [num for num in public if num in wanted], self.k):
                refused = len(report.refused)
                entry = self._deliver(one, site, journal, report, dry_run=dry_run, on_story=on_story)
                in_a_row = in_a_row + 1 if len(report.refused) > refused else 0
                if in_a_row >= REFUSALS_IN_A_ROW:
                    raise ExportError(
                        f"{in_a_row} stories in a row were refused: {report.refused[one.story.id]}"
                    )
                if not dry_run:
                    journal.keep({one.story.id: entry})
            if not dry_run:
                journal.finish(begun)
        return report

    def _deliver(
        self,
        one: StoryBlock,
        site: Site,
        journal: Journal,
        report: PushReport,
        *,
        dry_run: bool,
        on_story: Callable[[StoryBlock], object],
    ) -> Delivered:
        """Push the block of one story where it has to be; return what is known to be there then."""
        report.stories += 1
        place = self.target.place(one) if site.covers(one.story) else _ELSEWHERE
        if not place:
            report.elsewhere += 1
            return Delivered(_ELSEWHERE, _digest(""))
        value = self.target.value(one)
        entry = Delivered(place, _digest(value))
        if journal.held.get(one.story.id) == entry:
            report.unchanged += 1
            return entry
        on_story(one)
        if dry_run:
            report.pushed += 1
            return entry
        try:
            self.target.put(place, value)
            report.pushed += 1
        except GoneError:  # not asked for again until the block changes
            report.gone.append(one.story.id)
        except RefusedError as error:
            report.refused[one.story.id] = str(error)
            return Delivered(place)
        return entry

    @property
    def _recipe(self) -> str:
        return _digest([self.recipe, self.site, self.k or self.newsroom.settings.slots])


def _digest(value: object) -> str:
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=_DIGEST).hexdigest()
