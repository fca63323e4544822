"""Text cut and wrapped between grapheme clusters: no letter of any script is torn. Knows no stories."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import regex
from rich.cells import cell_len

from recommender.analysis.writing_systems import CLUSTER

_ELLIPSIS = "…"
_CLOSERS = r"""[\p{Pf}\p{Pe}"']*"""
# A full stop ends a sentence after a word of four letters or more: "Mr.", "Gov." and "U.S." do not. The marks
# of other scripts that end a sentence (UAX 44, Sentence_Terminal) need no space after them.
_SENTENCE_END = regex.compile(
    rf"(?:(?<=\w{{4}})\.|[!?]){_CLOSERS}(?=\s)|[\p{{Sentence_Terminal}}--\p{{ASCII}}]{_CLOSERS}", regex.V1
)
_WORD_END = regex.compile(r"\s+|(?<=[\p{Terminal_Punctuation}--\p{ASCII}])", regex.V1)
_LOOSE_END = regex.compile(r"[\s\p{Pd}\p{Ps}\p{Pi}\p{Terminal_Punctuation}]+\Z")


def shortened(text: str, length: int) -> str:
    """Return `text`, or its beginning where it has more than `length` grapheme clusters.

    It ends with the last whole sentence, where that is at least half of what there is room for; else after a
    word, or between two clusters where the script has no spaces, with an ellipsis.
    """
    starts = [found.start() for found in islice(CLUSTER.finditer(text), length + 1)]
    if len(starts) <= length:
        return text
    end, least = starts[length], starts[length // 2]
    # One character more is looked at, so that a sentence or a word may end where the room does.
    sentences = [found.end() for found in _SENTENCE_END.finditer(text, least, end + 1) if found.end() <= end]
    if sentences:
        return text[: sentences[-1]]
    words = [found.start() for found in _WORD_END.finditer(text, least, end + 1) if found.start() <= end]
    beginning: str = _LOOSE_END.sub("", text[: words[-1] if words else end])
    return beginning + _ELLIPSIS


def wrapped(text: str, width: int, *, first: str = "", rest: str = "", whole: bool = False) -> str:
    """Return `text` in lines of at most `width` columns of a terminal; white space becomes one space.

    Parameters
    ----------
    text : str
    width : int
        In columns: a Chinese character takes two.
    first, rest : str
        What the first line and those after it begin with.
    whole : bool
        Leave words as they are, however long: an address that is cut in two leads nowhere.
    """
    room = max(width - max(cell_len(first), cell_len(rest)), 2)
    lines, line, is_empty = [], first, True
    for word in text.split():
        for number, piece in enumerate([word] if whole else _pieces(word, room)):
            gap = "" if is_empty or number else " "
            if not is_empty and (number or cell_len(line + gap + piece) > width):
                lines.append(line)
                line, gap = rest, ""
            line, is_empty = line + gap + piece, False
    return "\n".join([*lines, line])


def _pieces(word: str, room: int) -> Iterator[str]:
    """Cut a word into pieces of at most `room` columns, each as long as it can be."""
    if cell_len(word) <= room:
        yield word
        return
    piece, used = "", 0
    for cluster in CLUSTER.findall(word):
        size = cell_len(cluster)
        if piece and used + size > room:
            yield piece
            piece, used = "", 0
        piece, used = piece + cluster, used + size
    yield piece
