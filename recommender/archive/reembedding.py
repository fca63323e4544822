"""Embeds an archive's stories anew, in pieces that outlive a crash. Knows the archive, and no ranking."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator

import numpy as np

from recommender.archive.archive import BATCH, Archive
from recommender.archive.intake import embedded, model_of
from recommender.archive.live_view import Progress
from recommender.archive.model_choice import AUTO, ModelChoice, chosen, of_view
from recommender.catalog import Vectors
from recommender.catalog.model_move import ModelMove
from recommender.embedding import Embedder
from recommender.embedding.provenance import made_by
from recommender.errors import ArchiveError
from recommender.story.hashes import text_hash

FORGET = 1000
"""Vectors of an earlier model that are deleted in one transaction: others write between two of them."""


def embed_again(archive: Archive, on_done: Progress | None = None) -> int:
    """Replace all vectors by those that the archive's embedder makes now; return how many texts got others.

    Each batch is one transaction that also keeps how far it came: after a crash the next call goes on from
    there. Stories that were not reached yet are found by their old vectors, in this process and in others,
    and those whose vectors changed follow the change log like any other change. What is derived from all
    vectors together, and what is set aside, is the business of `Archive.rebuild`.
    """
    catalog, embedder = archive.catalog, archive.embedder
    made = made_by(embedder)
    archive.intake.know_model(embedder)
    begun = catalog.begin_embedding(made)
    nums, changed = [num for num in catalog.nums() if num > begun], 0
    for start in range(0, len(nums), BATCH):
        batch = nums[start : start + BATCH]
        rows = {text_hash(row.story): row for row in archive.quarantine.read(batch).rows}
        fresh, _ = embedded({key: row.story for key, row in rows.items()}, embedder)
        moved = {key: vectors for key, vectors in fresh.items() if not _same(vectors, rows[key].vectors)}
        catalog.embedded_again(moved, embedder.weights_hash, batch[-1], time.time())
        changed += len(moved)
        if on_done:
            on_done(len(batch))
    catalog.end_embedding(embedder.weights_hash, made)
    return changed


def _same(new: Vectors, old: Vectors | None) -> bool:
    return old is not None and np.array_equal(new, old)


def resolved(archive: Archive, model: str = "") -> ModelChoice:
    """Return the model that a move is to: the one that is named, else that of the settings; and why that one.

    Raises
    ------
    ArchiveError
        When it is to be chosen by the languages of an archive that has no stories.
    """
    named = model or archive.settings.model
    if named != AUTO:
        return ModelChoice(named, "")
    counts = of_view(archive.catch_up())
    if not counts:
        raise ArchiveError(f"archive {archive.path} has no stories to choose a model by; name one")
    return chosen(counts)


def move(archive: Archive, embedder: Embedder, on_done: Progress | None = None) -> int:
    """Let an archive's stories be known by another model's vectors; return how many this call embedded.

    Parameters
    ----------
    archive : Archive
    embedder : Embedder
        See `steps`.
    on_done : callable, optional
        Told how many more stories are embedded; at first those that were before.
    """
    _, *embedded_now = (_told(done, on_done) for done in steps(archive, embedder))
    return sum(embedded_now)


def _told(done: int, on_done: Progress | None) -> int:
    if on_done:
        on_done(done)
    return done


def steps(archive: Archive, embedder: Embedder, batch: int = BATCH) -> Iterator[int]:
    """Go over to another model; yield how many more stories it has embedded, at first those of before.

    The old vectors, and the index over them, serve until the new ones are whole: in this process, in others,
    and where nobody goes on. Then all that is derived is saved under the new model, and one transaction makes
    it the current one; whoever has the archive open follows at its next question. Who begins anew after a
    crash goes on from there.

    Parameters
    ----------
    archive : Archive
    embedder : Embedder
        The new model. Of the archive's own nothing is to be done, and a move that was begun is given up.
    batch : int
        Stories a step.
    """
    model, moving = model_of(embedder), ModelMove(archive.catalog)
    archive.catch_up()
    if archive.encoder == model.hash:
        moving.stay()
        yield 0
    else:
        moving.begin(model, made_by(embedder), time.time())
        standing = moving.standing()
        yield standing.done if standing else 0
        problems: dict[int, str] = {}
        is_whole = False
        while not is_whole:  # stories come meanwhile
            for done, failing in _batches(archive, moving, embedder, batch, problems.keys()):
                problems |= failing
                yield done
            archive.save_under(model)
            is_whole = moving.complete(model.hash, problems, time.time())
        archive.catch_up()
        archive.save_when_due()
    while moving.forget_others(model.hash, FORGET):
        pass  # what a crash leaves of them the next call finds


def _batches(
    archive: Archive, moving: ModelMove, embedder: Embedder, batch: int, without: Collection[int]
) -> Iterator[tuple[int, dict[int, str]]]:
    """Embed what has no vectors by the new model; yield how many stories have, and what fails with others."""
    last = 0
    while nums := moving.lacking(embedder.weights_hash, last, batch):
        last = nums[-1]
        read = archive.quarantine.read([num for num in nums if num not in without])
        stories = {text_hash(row.story): row.story for row in read.rows}
        vectors, problems = embedded(stories, embedder)
        moving.embedded(vectors, embedder.weights_hash)
        failing = {row.num: problems[key] for row in read.rows if (key := text_hash(row.story)) in problems}
        yield len(read.rows) - len(failing), failing | read.damaged
