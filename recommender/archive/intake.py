"""The way of a story into the catalog: tried, embedded, kept; set aside where that fails. Knows no index."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from recommender.archive.text_trial import text_problem
from recommender.catalog import Catalog, Model, Outcome, StoryEntry, Vectors
from recommender.catalog.origins import NO_ORIGINS
from recommender.catalog.quarantine import Quarantine
from recommender.catalog.records import vector_problem
from recommender.embedding import Embedder, story_units
from recommender.embedding.metering import METER, Kind
from recommender.embedding.provenance import made_by
from recommender.errors import TEXT_FAILURES, ArchiveError, failure
from recommender.story.hashes import content_hash, text_hash
from recommender.story.story import Story

if TYPE_CHECKING:
    from recommender.ingest.base import Origin as StoryOrigin

log = logging.getLogger(__name__)

TOGETHER = 128  # stories that are tried again at once

Found = dict[str, Vectors]
"""Vectors, float16 (1 + chunks, d), by text hash."""

Problems = dict[str, str]
"""What fails, by text hash."""

Prepared = Callable[[Collection[str], str], Found]
"""Returns, of texts by hash, the vectors that a model with such weights made of them elsewhere."""


def none_prepared(text_hashes: Collection[str], model: str) -> Found:
    """Return nothing: all vectors are made here."""
    return {}


@dataclass
class Report:
    """How many stories were added, updated, unchanged (same content), older (than held), or stay deleted.

    `set_aside` tells by id why a story that was added or updated is kept and not shown.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    older: int = 0
    deleted: int = 0
    set_aside: dict[str, str] = field(default_factory=dict)

    def count(self, outcome: Outcome) -> None:
        """Count one more story."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def counts(self) -> dict[str, int]:
        """Return the figures by name; stories that stay deleted only where there are some."""
        outcomes = ("added", "updated", "unchanged", "older", *(["deleted"] if self.deleted else []))
        return {outcome: getattr(self, outcome) for outcome in outcomes}


class StoryIntake:
    """Lets stories into a catalog.

    Parameters
    ----------
    catalog : Catalog
        What it holds already is neither tried nor embedded again.
    embedder : callable
        Returns the embedding model; called when there is a text to embed.

    Attributes
    ----------
    prepared : Prepared
        Asked before a text is embedded.
    """

    def __init__(self, catalog: Catalog, embedder: Callable[[], Embedder]) -> None:
        self._catalog, self._quarantine, self._embedder = catalog, Quarantine(catalog), embedder
        self.prepared: Prepared = none_prepared

    def write(
        self,
        stories: Sequence[Story],
        *,
        undelete: bool = True,
        origins: Mapping[str, StoryOrigin] = NO_ORIGINS,
    ) -> list[Outcome]:
        """Keep stories, and where they came from, in one transaction; return what became of each.

        One that fails stops no other. Without `undelete`, stories that were deleted stay so.

        Raises
        ------
        ModelChangedError
            When the archive has moved to another model since the embedder was opened.
        """
        entries, embedder = self.entries(stories)
        model = None if embedder is None else self.know_model(embedder)
        outcomes = self._catalog.write(entries, time.time(), model, undelete=undelete, origins=origins)
        problems = {entry.story.id: entry.problem for entry in entries if entry.problem}
        if problems:
            _tell({num: problems[id] for id, num in self._catalog.nums_of(problems).items()})
        return outcomes

    def set_aside(self, problems: Mapping[int, str], seq: int) -> None:
        """Set aside, by num, what could not be read as of the change `seq`.

        Where the catalog cannot be written it is only told: the next reader finds it out again.
        """
        if not problems:
            return
        try:
            self._quarantine.add(problems, seq, time.time())
        except ArchiveError as error:
            log.warning("stories could not be set aside in the catalog: %s", error)
        _tell(problems)

    def try_again(self) -> None:
        """Take back what is set aside and can be read by now; what has no sound vectors is embedded anew."""
        aside = [each.num for each in self._quarantine.all()]
        for start in range(0, len(aside), TOGETHER):
            held = self._catalog.by_nums(aside[start : start + TOGETHER])
            entries, embedder = self.entries(list(held.values()))
            vectors = {text_hash(one.story): one.vectors for one in entries if one.vectors is not None}
            if embedder is not None:
                self._catalog.put_vectors(vectors, self.know_model(embedder))
            sound = [
                num
                for num, one in zip(held, entries, strict=True)
                if not one.problem and not text_problem(one.story)
            ]
            self._quarantine.lift(sound, time.time())

    def entries(self, stories: Sequence[Story]) -> tuple[list[StoryEntry], Embedder | None]:
        """Return stories with the vectors that the catalog lacks; with what fails, where something does.

        Beside them what made those vectors, None where it has none: the archive's model may be another one
        by the time they are kept.
        """
        hashes = [text_hash(story) for story in stories]
        lacking = dict(zip(hashes, stories, strict=True))
        for known in self._catalog.vectors_of(lacking):
            del lacking[known]
        held = self._catalog.content_hashes({story.id for story in stories})
        tried = [
            text_problem(story) if hash in lacking or held.get(story.id) != content_hash(story) else ""
            for story, hash in zip(stories, hashes, strict=True)
        ]
        for hash in {hash for hash, problem in zip(hashes, tried, strict=True) if problem}:
            lacking.pop(hash, None)
        embedder = self._embedder() if lacking else None
        vectors, problems = ({}, {}) if embedder is None else self._vectors(lacking, embedder)
        entries = [
            StoryEntry(story, vectors.get(hash), problem or problems.get(hash, ""))
            for story, hash, problem in zip(stories, hashes, tried, strict=True)
        ]
        return entries, embedder if vectors else None

    def _vectors(self, texts: Mapping[str, Story], embedder: Embedder) -> tuple[Found, Problems]:
        prepared = self.prepared(texts, embedder.weights_hash)
        lacking = {hash: story for hash, story in texts.items() if hash not in prepared}
        vectors, problems = embedded(lacking, embedder)
        return prepared | vectors, problems

    def tried(self, story: Story) -> tuple[Vectors | None, str]:
        """Return the vectors of a story that is not to be kept, or None and what fails."""
        if problem := text_problem(story):
            return None, problem
        vectors, problems = embedded({story.id: story}, self._embedder())
        return vectors.get(story.id), problems.get(story.id, "")

    def know_model(self, embedder: Embedder) -> str:
        """Record what makes vectors, before the first by it are kept, and return the hash of its weights."""
        model = model_of(embedder)
        self._catalog.know_model(model, made_by(embedder), now=time.time())
        return model.hash


def model_of(embedder: Embedder) -> Model:
    """Return a model as it is recorded."""
    return Model(hash=embedder.weights_hash, name=embedder.name, dimension=embedder.dimension)


def embedded(texts: Mapping[str, Story], embedder: Embedder) -> tuple[Found, Problems]:
    """Return the vectors of stories by text hash, and what fails with those that have none."""
    if not texts:
        return {}, {}
    try:
        vectors = _encoded(texts, embedder)
    except TEXT_FAILURES as error:
        if len(texts) == 1:
            return {}, dict.fromkeys(texts, failure("its text cannot be embedded", error))
        # One of them stops all: each half alone, until it is found.
        some = list(texts.items())
        halves = (some[: len(some) // 2], some[len(some) // 2 :])
        (left, left_out), (right, right_out) = (embedded(dict(half), embedder) for half in halves)
        return left | right, left_out | right_out
    dimension = embedder.dimension
    wrong = {hash: problem for hash, each in vectors.items() if (problem := vector_problem(each, dimension))}
    return {hash: each for hash, each in vectors.items() if hash not in wrong}, wrong


def _encoded(texts: Mapping[str, Story], embedder: Embedder) -> Found:
    units = [story_units(story.headline, story.text, embedder) for story in texts.values()]
    passages = [text for some in units for text in some]
    with METER.measuring(Kind.STORY, len(units), len(passages)):
        rows = embedder.encode(passages).astype(np.float16)
    ends = np.cumsum([len(some) for some in units])
    return dict(zip(texts, np.split(rows, ends[:-1]), strict=True))


def _tell(problems: Mapping[int, str]) -> None:
    for num, reason in problems.items():  # no id: a log holds nothing that a newsroom wrote
        log.warning("story number %d is set aside and not shown: %s; `related status` names it", num, reason)
