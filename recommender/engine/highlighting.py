"""The passage of each answer that bears on a text most. Chooses no story and moves none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from recommender.analysis.encoded import Encoded
from recommender.archive.archive import Archive
from recommender.embedding.nearness import on_one_scale, usual_cosine
from recommender.engine.block import Block
from recommender.ranking.naming import Rarity
from recommender.ranking.passages import Passage, passage, question_terms, sentences_of
from recommender.ranking.reader_text import ReaderText
from recommender.story.story import Story


def highlighted(block: Block, asked: ReaderText, source: Encoded, archive: Archive, rarity: Rarity) -> Block:
    """Show in each slot the passage that bears on the text most.

    Parameters
    ----------
    block : Block
        The answer to a text.
    asked : ReaderText
        The text.
    source : Encoded
        The text, encoded.
    archive : Archive
        Holds the stories of the block.
    rarity : callable
        Returns how rare a word is in it.
    """
    terms = question_terms(f"{asked.headline}\n{asked.text}", rarity, asked.language)
    nums = archive.catalog.nums_of([slot.story.id for slot in block.slots])
    slots = [
        replace(
            slot,
            passage=_passage(slot.story, nums.get(slot.story.id), source, archive, terms, asked.language),
        )
        for slot in block.slots
    ]
    return replace(block, slots=tuple(slots))


def _passage(
    story: Story,
    num: int | None,
    source: Encoded,
    archive: Archive,
    terms: Mapping[str, float],
    language: str,
) -> Passage | None:
    store = archive.view.store
    if num is None or num not in store:  # taken out meanwhile
        return None
    rows = store.item(num).vectors[1:].astype(np.float32)
    cosines = (rows @ source.vectors.astype(np.float32).T).max(axis=1)
    hybrid = archive.view.hybrid
    if hybrid is not None:  # what is near weighs as much as by the default encoder
        cosines = on_one_scale(cosines, usual_cosine(archive.encoder, hybrid.dense_mean, hybrid.stories))
    # All that was embedded of it is one chunk: it need not be cut to know where that ends.
    chunks = archive.embedder.chunks(story.text) if len(cosines) > 1 else [story.text] * len(cosines)
    return passage(terms, sentences_of(story.text, chunks, cosines.tolist()), language)
