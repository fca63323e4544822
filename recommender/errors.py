"""The few errors that a user can cause: each says what is wrong and the way out.

Domain errors become exit codes (`recommender/cli`) and HTTP answers (`recommender/service`) at the edge only.
"""

from __future__ import annotations

import reprlib
import traceback
from pathlib import Path

TEXT_FAILURES = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What code raises that meets a text it was not written for. Full disks and lost processes raise others."""

_SHOWN = 60
_BOUNDED = reprlib.Repr()  # all of a list of millions would take seconds, and more than its own size
_BOUNDED.maxstring = _BOUNDED.maxother = _BOUNDED.maxlong = 4 * _SHOWN


def shown(value: object) -> str:
    """Return `value` as a short, printable text for an error message."""
    if isinstance(value, str | bytes):
        text, unit = repr(value[: _SHOWN + 1]), "characters" if isinstance(value, str) else "bytes"
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(value):,} {unit})"
    text = _BOUNDED.repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def set_aside(id: str, reason: str) -> str:
    """Return what is said of a story that is kept and shown to no reader."""
    return f"story {shown(id)} is set aside: {reason}; send a new version, or remove it"


def failure(what: str, error: Exception) -> str:
    """Return a problem in one line: what fails and where, and nothing of the text: no log may hold it."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{what} ({type(error).__name__} in {Path(last.filename).name}, line {last.lineno})"


class RelatedError(Exception):
    """Base of all errors that this package raises on purpose.

    Parameters
    ----------
    words : str
        What is wrong and the way out.
    command : str
        What to give on the command line, where that is a way out.

    Attributes
    ----------
    plain : str
        The words without the command: what is said to a caller who has no command line.
    """

    exit_code = 1

    def __init__(self, words: str = "", command: str = "") -> None:
        self.plain = words
        super().__init__(f"{words}: {command}" if command else words)


class StoryError(RelatedError):
    """A story was refused.

    Parameters
    ----------
    story : str
        The story's id, or where it stood ("line 12") when it has none.
    field : str
        The field that is wrong.
    value : object
        What the field held.
    problem, way_out : str
        What is wrong with it, and what to send instead.
    """

    exit_code = 3

    def __init__(self, story: str, field: str, value: object, problem: str, way_out: str) -> None:
        self.story, self.field, self.value = story, field, value
        self.problem, self.way_out = problem, way_out
        sent = "" if value is None or value == "" else f": {shown(value)}"
        super().__init__(f"story {shown(story)}: {field} {problem}{sent}; {way_out}")


class SourceError(RelatedError):
    """A file of stories, or a page, cannot be read as what it is said to be."""

    exit_code = 2


class NotFoundError(RelatedError):
    """There is no such story (or archive) under that name."""

    exit_code = 4


class HiddenError(NotFoundError):
    """The story is held, but readers may not see it.

    Parameters
    ----------
    id : str
        The story's.
    because : str
        In words, such as ``embargoed until 2099-01-01T06:00:00Z`` or ``retracted``.
    gone : bool
        It is retracted or expired for good (HTTP 410); otherwise a draft or not public yet (HTTP 404).
    successor : str, optional
        Id of the public story that takes its place.
    seen : bool
        Readers saw it before it was taken back: that it is gone is no news to them.
    """

    def __init__(
        self, id: str, because: str, *, gone: bool, successor: str | None = None, seen: bool = False
    ) -> None:
        self.id, self.because, self.gone, self.successor, self.seen = id, because, gone, successor, seen
        if successor:
            way_out, command = f"see {shown(successor)}", ""
        elif gone:
            way_out, command = "bring it back first", "related restore"
        else:
            way_out, command = "ask for a preview of its block", "--preview, or preview=true"
        super().__init__(f"story {shown(id)} is {because}, readers may not see it; {way_out}", command)


class ArchiveError(RelatedError):
    """The archive cannot be used as it is: missing, damaged, full disk."""

    exit_code = 5


class ArchiveDiskError(ArchiveError):
    """The archive's files cannot be written or opened as they have to be: full disk, rights, medium."""


class ArchiveVersionError(ArchiveError):
    """The archive was made by a newer version of this package."""


class ArchiveMovedError(ArchiveError):
    """The archive's files are not where they were opened: what is written to them would be lost."""


class ArchiveUnreachableError(ArchiveError):
    """The server that holds the archive does not answer; later it may."""


class ModelChangedError(ArchiveError):
    """The archive has moved to another embedding model: what was made by the earlier one is of no use."""


class ForkedError(ArchiveError):
    """What a process had opened is used in one that was forked from it since."""


class ArchiveBusyError(ArchiveError):
    """Another process holds the archive for writing, and did not finish in time."""


class VectorsAwayError(ArchiveError):
    """The server that holds the vectors does not answer: stored blocks are shown, and new ones wait."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; until then stories are kept, stored blocks are shown, and new ones wait")


class SettingsError(RelatedError):
    """A setting has a value that it cannot have."""

    exit_code = 2


class RankerError(RelatedError):
    """A file of ranker weights cannot be used, or there is not enough to learn weights from."""

    exit_code = 2


class ModelError(RelatedError):
    """The embedding model is missing, damaged, not the one it is said to be, or of a kind we cannot run."""

    exit_code = 6


class EditError(RelatedError):
    """An editor's act on a block makes no sense as it was put."""

    exit_code = 2


class ConflictError(EditError):
    """An editor's act makes sense, but not with what was done before it, or meanwhile."""


class QuestionError(RelatedError):
    """A question cannot be answered as it was put: a text without words, say."""

    exit_code = 2


class KeyNameError(RelatedError):
    """An API key cannot be made under that name or with those rights."""

    exit_code = 2


class PersonError(RelatedError):
    """Nobody can be at the desk under that name, with that role or that password."""

    exit_code = 2


class ExtraMissingError(RelatedError):
    """A part of the package that is installed by choice is needed and is not there."""

    exit_code = 2


class ExportError(RelatedError):
    """Blocks cannot be written to a place, or pushed into another system, as it stands."""


class ListenError(RelatedError):
    """The service cannot listen where it was told to."""
