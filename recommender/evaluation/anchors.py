"""Links to set in the text, measured by the words on which writers set theirs. Knows no system.

A story is asked about as a draft: its links are taken off, their words stay.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path

import numpy as np

from recommender.analysis.phrases import Phrases
from recommender.evaluation import metrics
from recommender.evaluation.case import Case, read_case, read_links
from recommender.story.parts import Link
from recommender.story.story import Story

MOST = 5
"""So many suggestions are looked at."""

OLDER = 0.7
"""The newest stories with links are asked about; this share, the older ones, is there to learn from."""

Span = tuple[int, int]
SuggestedLink = tuple[int, int, int]
"""A link that a system would set: the place of its target in the case, where its phrase begins and ends."""

System = Callable[[int], Sequence[SuggestedLink]]
"""Takes the place of a story; returns links to set in its body, the best first."""


@dataclass(frozen=True, eq=False)
class AnchorCase:
    """A publisher's stories as its writers wrote them, and on which words they set links.

    Attributes
    ----------
    case : Case
        The stories, their words kept and their links taken off.
    anchors : mapping of int to mapping of int to tuple of (int, int)
        Of each story with links that count, by their targets, where their words stand in its body.
    linked : tuple of Story
        The same stories with their links: what an archive holds.
    counts : mapping of str to int
        What counts and what was passed over.
    """

    case: Case
    anchors: Mapping[int, Mapping[int, tuple[Span, ...]]]
    linked: tuple[Story, ...]
    counts: Mapping[str, int]

    @property
    def queries(self) -> list[int]:
        """The stories that can be asked about, by their time."""
        return sorted(self.anchors, key=lambda story: (self.case.published[story], story))

    @property
    def older(self) -> list[int]:
        """Those to learn from."""
        return self.queries[: round(OLDER * len(self.anchors))]

    @property
    def newest(self) -> list[int]:
        """Those to measure on."""
        return self.queries[round(OLDER * len(self.anchors)) :]


def read_anchor_case(stories: Path, links: Path, zone: tzinfo | None = None) -> AnchorCase:
    """Read a publisher's two files.

    Raises
    ------
    SourceError
        When a file cannot be read, holds no story, or gives no query.
    """
    return anchor_case(read_case(stories, links, zone, masked=False), links)


def anchor_case(case: Case, links: Path) -> AnchorCase:
    """Find where the words of the links in a file stand in the texts of a case."""
    words: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    rows, _ = read_links(links)
    for row in rows:
        words[row.source][row.target].append(row.anchor or "")
    ids = [story.id for story in case.stories]
    counts, anchors = Counter[str](), {}
    for source, targets in case.relevant.items():
        spans = {}
        for target in sorted(targets):
            found = spans_of(words[ids[source]][ids[target]], case.stories[source].body)
            counts["links"] += 1
            counts["links whose words do not stand in the body"] += not found
            counts["links whose words stand there more than once"] += len(found) > 1
            if found:
                spans[target] = found
        if spans:
            anchors[source] = spans
    linked = tuple(
        replace(
            story,
            links=tuple(Link(target=to, anchor=some[0] or None) for to, some in words[story.id].items()),
        )
        for story in case.stories
    )
    return AnchorCase(case, anchors, linked, {**case.counts, **counts})


def spans_of(anchors: Sequence[str], text: str) -> tuple[Span, ...]:
    """Return where the words of links stand in a text, whole; within words where they stand nowhere else.

    >>> spans_of(["open data"], "Open data, open data and opendata")
    ((11, 20),)
    """
    found: list[Span] = []
    for anchor in anchors:
        words = r"\s+".join(map(re.escape, anchor.split()))
        if words:
            whole = [match.span() for match in re.finditer(rf"(?<!\w){words}(?!\w)", text)]
            found += whole or [match.span() for match in re.finditer(words, text)]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class DraftResult:
    """What a system did with one draft, in shares of its links, of `MOST` at most.

    Attributes
    ----------
    recall : float
        Right target, on words that the writer's own overlap.
    target : float
        Right target, wherever.
    exact : float
        Right target on the very words.
    said, right : int
        How many links were proposed, and how many of them are hits.
    words : int
        Words of all proposed phrases.
    """

    recall: float
    target: float
    exact: float
    said: int
    right: int
    words: int


def result(case: AnchorCase, story: int, suggested: Sequence[SuggestedLink]) -> DraftResult:
    """Judge what a system would set in a story."""
    anchors, body = case.anchors[story], case.case.stories[story].body
    some = list(suggested)[:MOST]
    hits = {to for to, start, end in some if any(start < b and a < end for a, b in anchors.get(to, ()))}
    exact = {to for to, start, end in some if (start, end) in anchors.get(to, ())}
    targets = {to for to, _, _ in some if to in anchors}
    most = min(MOST, len(anchors))
    return DraftResult(
        recall=len(hits) / most,
        target=len(targets) / most,
        exact=len(exact) / most,
        said=len(some),
        right=len(hits),
        words=sum(len(body[start:end].split()) for _, start, end in some),
    )


def figures(results: Sequence[DraftResult]) -> dict[str, object]:
    """Return the means over drafts with 95 % intervals, a bootstrap over the drafts."""
    samples = metrics.resampled(len(results))
    values = {
        name: np.array([getattr(each, field) for each in results], np.float64)
        for name, field in (
            ("recall@5", "recall"),
            ("target recall@5", "target"),
            ("exact recall@5", "exact"),
        )
    }
    said = np.array([each.said for each in results], np.float64)
    right = np.array([each.right for each in results], np.float64)
    words = sum(each.words for each in results) / max(said.sum(), 1)
    return metrics.summary(values | {"suggestions": said}, samples) | {
        "precision": float(right.sum() / max(said.sum(), 1)),
        "words a phrase": float(words),
    }


def compared(ours: Sequence[DraftResult], other: Sequence[DraftResult]) -> dict[str, object]:
    """Return how much more is recalled than by another system: difference and ratio, with 95 % intervals."""
    samples = metrics.resampled(len(ours))
    mine, theirs = (np.array([each.recall for each in some]) for some in (ours, other))
    ratios = mine[samples].mean(axis=1) / np.maximum(theirs[samples].mean(axis=1), 1e-9)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return metrics.difference(mine - theirs, samples) | {
        "ratio": float(mine.mean() / max(theirs.mean(), 1e-9)),
        "ratio_ci": [float(low), float(high)],
    }


class TitleMatch:
    """The baseline: earlier stories whose headline stands in the text, the longest match first.

    Words are told whatever their case, ending and punctuation. Besides the whole headline, what follows its
    first colon counts as one.

    Parameters
    ----------
    case : Case
    partly : bool
        The longest run of words that a headline and the text have in common counts, too, from two words on
        that are no stop words at its ends; else whole headlines alone.
    """

    def __init__(self, case: Case, *, partly: bool = False) -> None:
        self._case, self._partly = case, partly
        self._titles = [list(_titles(story.headline)) for story in case.stories]

    def __call__(self, story: int) -> list[SuggestedLink]:
        """Return the links that it would set in a story's body."""
        text = Phrases.of(self._case.stories[story].body)
        places: dict[int, list[int]] = defaultdict(list)
        for place, code in enumerate(text.codes.tolist()):
            places[code].append(place)
        runs = []
        for target in np.flatnonzero(self._case.earlier(story)).tolist():
            found = [run for title in self._titles[target] if (run := self._run(title, text, places))]
            if found:
                first, last = max(found, key=lambda run: run[1] - run[0])
                runs.append((last - first + 1, int(self._case.published[target]), target, first, last))
        free, chosen = np.ones(len(text), np.bool_), []
        for _, _, target, first, last in sorted(runs, reverse=True):
            if free[first : last + 1].all():
                free[first : last + 1] = False
                chosen.append((target, *text.span(first, last)))
        return chosen

    def _run(self, title: Phrases, text: Phrases, places: Mapping[int, list[int]]) -> Span | None:
        """Return the longest run of words of a title in a text, None where there is none that counts."""
        codes, sought = text.codes.tolist(), title.codes.tolist()
        best: Span | None = None
        for start in range(len(sought) if self._partly else min(1, len(sought))):
            for place in places.get(sought[start], ()):
                length = 0
                while (
                    start + length < len(sought)
                    and place + length < len(codes)
                    and codes[place + length] == sought[start + length]
                ):
                    length += 1
                if not self._partly and length < len(sought):
                    continue
                run = _trimmed(text, place, place + length - 1)
                if run and (best is None or run[1] - run[0] > best[1] - best[0]):
                    best = run
        if best is None or (self._partly and best[0] == best[1] and len(sought) > 1):
            return None
        return best


def _titles(headline: str) -> Sequence[Phrases]:
    _, colon, rest = headline.partition(":")
    titles = [Phrases.of(headline)] + ([Phrases.of(rest)] if colon and rest.strip() else [])
    return [title for title in titles if title.known.any()]


def _trimmed(text: Phrases, first: int, last: int) -> Span | None:
    """Return a run of words without stop words at its ends."""
    while first <= last and not text.known[first]:
        first += 1
    while last >= first and not text.known[last]:
        last -= 1
    return (first, last) if first <= last else None
