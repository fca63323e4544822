"""What is measured: a publisher's stories with the links' anchors masked, and the links. Knows no system.

The words of an anchor can be kept instead, as they stand in a draft before its links are set.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.errors import SourceError
from recommender.ingest.base import Refused
from recommender.ingest.jsonl import read_stories
from recommender.story.story import Story

MOST_LINKS = 8
"""A story with more links to earlier ones is a list or a round-up, not a choice of related stories."""

Relevant = Mapping[int, frozenset[int]]


class LinkRow(msgspec.Struct):
    """One line of a links file: `source` links to `target` (ids) in the words of `anchor`.

    One of a long list counts less: its `weight`, up to 1.
    """

    source: str
    target: str
    anchor: str | None = None
    weight: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1.0


@dataclass(frozen=True, eq=False)
class Case:
    """A publisher's stories and what its writers linked.

    Attributes
    ----------
    stories : tuple of Story
        Own links removed, and anchors masked unless they are kept; a story is known by its place here.
    published : (n,) int64
        Epoch seconds.
    relevant : mapping of int to frozenset of int
        For each query, the earlier stories that it links to.
    lists : frozenset of int
        Stories with more than `MOST_LINKS` such links.
    links : (m, 2) int64
        Every link, as its source's and its target's place, those of long lists and to later stories too:
        what the newsroom's past looks like from a later day.
    counts : mapping of str to int
        What was read and what was passed over.
    weights : (m,) float32, optional
        What each link counts, up to 1, where it is not 1. Only those that count 1 make queries.
    """

    stories: tuple[Story, ...]
    published: NDArray[np.int64]
    relevant: Relevant
    lists: frozenset[int]
    links: NDArray[np.int64]
    counts: Mapping[str, int]
    weights: NDArray[np.float32] | None = None

    def earlier(self, story: int) -> NDArray[np.bool_]:
        """Return which stories (n,) were published no later than ``story``, itself left out."""
        return np.asarray(self.others(story) & (self.published <= self.published[story]))

    def others(self, story: int) -> NDArray[np.bool_]:
        """Return a mask (n,) of all stories but ``story``."""
        return np.asarray(np.arange(len(self.stories)) != story)


def read_case(
    stories_file: Path, links_file: Path, zone: tzinfo | None = None, *, masked: bool = True
) -> Case:
    """Read a publisher's two files. Bad rows and links to unknown stories are counted, not fatal.

    Parameters
    ----------
    stories_file, links_file : Path
        JSON Lines.
    zone : tzinfo, optional
        Of times without one.
    masked : bool
        Take the words of the anchors out of the texts.

    Raises
    ------
    SourceError
        When a file cannot be read, holds no story, or gives no query.
    """
    rows, counts = read_links(links_file)
    stories = []
    for line in read_stories(stories_file, zone=zone):
        if isinstance(line, Refused):
            counts["bad stories"] += 1
        else:
            stories.append(line)
    if not stories:
        raise SourceError(f"{stories_file}: holds no story that can be read; give JSON Lines of stories")
    case = make_case(stories, rows, counts, masked=masked)
    if not case.relevant:
        raise SourceError(
            f"{links_file}: no story of {stories_file} links to an earlier one; give its own links"
        )
    return case


def read_links(file: Path) -> tuple[list[LinkRow], Counter[str]]:
    """Return the rows of a links file that can be read, and how many were read and how many not."""
    rows, counts = [], Counter({"bad links": 0, "bad stories": 0})
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror}; give a JSON Lines file of links") from error
    for line in filter(bytes.strip, lines):
        try:
            rows.append(msgspec.json.decode(line, type=LinkRow))
        except msgspec.DecodeError:
            counts["bad links"] += 1
    return rows, counts


def make_case(
    stories: Iterable[Story],
    links: Iterable[LinkRow],
    counts: Counter[str] | None = None,
    *,
    masked: bool = True,
) -> Case:
    """Take out the links, mask their anchors if asked, and find the queries by the measurement's rules."""
    counts = Counter() if counts is None else counts
    anchors: dict[str, list[str]] = defaultdict(list)
    links = list(links)
    for link in links:
        if masked and link.anchor:
            anchors[link.source].append(link.anchor)
    texts = tuple(masked_story(story, anchors[story.id]) for story in stories)
    place = {story.id: i for i, story in enumerate(texts)}
    published = np.array([int(story.published.timestamp()) for story in texts], np.int64)
    targets: dict[int, set[int]] = defaultdict(set)
    pairs, weights = [], []
    for link in links:
        source, target = place.get(link.source), place.get(link.target)
        if source is None or target is None:
            counts["links to unknown stories"] += 1
        elif source == target:
            counts["links to themselves"] += 1
        else:
            pairs.append((source, target))
            weights.append(link.weight)
            if published[target] > published[source]:
                counts["links to later stories"] += 1
            elif link.weight < 1:
                counts["links of long lists"] += 1
            else:
                targets[source].add(target)
    relevant = {
        source: frozenset(found) for source, found in sorted(targets.items()) if len(found) <= MOST_LINKS
    }
    counts.update(stories=len(texts), links=len(links), queries=len(relevant))
    lists = frozenset(targets.keys() - relevant.keys())
    table = np.array(pairs, np.int64).reshape(-1, 2)
    return Case(texts, published, relevant, lists, table, counts, np.array(weights, np.float32))


def masked_story(story: Story, anchors: Iterable[str]) -> Story:
    """Return the story without its links, and without the anchors' words in deck and body.

    An anchor often repeats the target's headline: a system that reads it finds what was written down for it.
    Nothing else of the links is left for a ranking to read.
    """
    # The longest first, so that "data" does not break up "open data".
    distinct = {" ".join(anchor.split()) for anchor in anchors} - {""}
    deck, body = story.deck, story.body
    for anchor in sorted(distinct, key=lambda text: (-len(text), text)):
        deck, body = _without(anchor, deck, body)
    return replace(story, links=(), deck=deck, body=body)


def _without(anchor: str, *texts: str) -> list[str]:
    """Return the texts without the anchor as whole words; within words where it stands nowhere else."""
    words = r"\s+".join(map(re.escape, anchor.split()))
    whole = re.compile(rf"(?<!\w){words}(?!\w)")
    pattern = whole if any(map(whole.search, texts)) else re.compile(words)
    return [pattern.sub(" ", text) for text in texts]
