"""Features of what two stories say: shared words, names, subject. Knows no time and no links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats, row_sums, taken
from index.storage.kernels.asks import Ask, Columns, Largest, Shares
from index.storage.kernels.row_terms import shared_sums
from recommender.ranking.model import standardised
from recommender.ranking.pool import Pool, largest
from recommender.ranking.shared_terms import RAREST

Floats = NDArray[np.float32]

_NO_WORDS = 1e-6  # stands for the rarity of a headline without words


def words(pool: Pool) -> Floats:
    """TF-IDF cosine of the whole stories' words, 0 to 1."""
    return pool.word_cosines


def bigrams(pool: Pool) -> Floats:
    """TF-IDF cosine of pairs of neighbouring words, 0 to 1: phrases and names that both stories use."""
    return pool.bigrams.cosines(pool.source_bigrams)


def rarest_shared(pool: Pool) -> Floats:
    """Inverse document frequency of the three rarest words that both stories hold, summed."""
    asked = Largest(pool.source_words.ids, pool.hybrid.idf["words"][pool.source_words.ids], RAREST)
    return _found(pool, "words", asked)


def rarest_pairs(pool: Pool) -> Floats:
    """Inverse document frequency of the three rarest pairs of neighbouring words that both hold, summed.

    It is 0 in a language of fewer stories than `ENOUGH_FOR_PAIRS`.
    """
    return pool.shared.rarest_pairs


def rarest_in_window(pool: Pool) -> Floats:
    """Idf of the three rarest words that twenty-four words of the source and the candidate hold, summed.

    Rare words that both stories hold tell more where the source has them side by side.
    """
    return pool.shared.rarest_in_window


def headline_said(pool: Pool) -> Floats:
    """Idf of the two rarest words of the source's headline that the candidate holds, summed."""
    return pool.shared.headline_said


def window_words(pool: Pool) -> Floats:
    """TF-IDF cosine of the whole candidate's words with the nearest fifty words of the source, 0 to 1."""
    return pool.word_shares(pool.shared.window_words)


def said(pool: Pool) -> Floats:
    """Share of the source's words and of its pairs of words, by rarity, that the candidate says too, 0 to 1.

    Of a text that was taken from a story, word for word, that is all of it.
    """
    shares = [
        shared_sums(asked.ids, asked.weights.astype(np.float64), said.ids, said.offsets)
        / max(asked.weights.sum(), _NO_WORDS)
        for asked, said in ((pool.source_words, pool.words), (pool.source_bigrams, pool.bigrams))
    ]
    return np.asarray(np.mean(shares, axis=0), np.float32)


def headline_in_story(pool: Pool) -> Floats:
    """Share of the candidate's headline, by rarity, that stands in the source's text, 0 to 1.

    A writer who links a story often uses its headline's words.
    """
    ids = pool.telling.words.ids
    whole = Columns(np.arange(len(ids) + 1), np.zeros(len(ids), np.int64), np.ones(len(ids), np.float32), 1)
    return _found(pool, "headline", Shares(ids, pool.hybrid.idf["words"], whole))


def headline_in_window(pool: Pool) -> Floats:
    """Share of the candidate's headline, by rarity, that stands in fifty words of the source, 0 to 1.

    A headline's words say most where they stand together: all over a long story many would be by chance.
    """
    return pool.shared.headline_in_window


def _found(pool: Pool, channel: str, ask: Ask) -> Floats:
    ((found,),) = pool.texts.met([(channel, ask)])
    return np.asarray(found, np.float32)


def names(pool: Pool) -> Floats:
    """Names, acronyms and version numbers that both stories hold, by rarity: log(1 + sum of squared idf).

    A name that stands in few stories tells more than several that stand in many, hence the square.
    """
    rows, source = pool.entities, pool.telling.entities.ids
    # The stored idf is 1 for a name of all stories; here that one tells nothing.
    rarity = np.maximum(pool.hybrid.idf["entities"][source] - 1, 0).astype(np.float64) ** 2
    return np.log1p(shared_sums(source, rarity, rows.ids, rows.offsets)).astype(np.float32)


def dense(pool: Pool) -> Floats:
    """Cosine of the stories' dense vectors less the archive's mean, -1 to 1: subject without shared words."""
    return pool.dense


def plain_dense(pool: Pool) -> Floats:
    """As `dense`, the archive's mean left in: the form of the hand-set sum."""
    return pool.nearness


def passage(pool: Pool) -> Floats:
    """Likeness of the whole candidate to the nearest passage of the source, less what the archive shares.

    A writer links a story that bears on one passage as often as one that shares the whole subject. It is a
    cosine less the archive's mean in which common directions count less (`LanguageGroups.telling`) where the
    encoder knows the language, and in standard deviations of the pool where it does less.
    """
    return _as_far_as_known(pool, pool.nearest(pool.near_passages))


def chunk_to_headline(pool: Pool) -> Floats:
    """Cosine of the candidate's headline with the nearest passage of the source; scaled as `passage`."""
    return _as_far_as_known(pool, largest(pool.headline_cosines))


def passage_to_text(pool: Pool) -> Floats:
    """Cosine of a text's first line, or of a headline, with the candidate's nearest passage, -1 to 1.

    Who asks by text means one passage as often as a whole story.
    """
    rows, offsets = pool.store.vectors(pool.nums)
    nearness = floats(rows) @ pool.source.vectors[0].astype(np.float32)
    return np.asarray(pool.trust * np.maximum.reduceat(nearness, offsets[:-1]), np.float32)


def tags(pool: Pool) -> Floats:
    """Cosine of the stories' tags weighted by rarity, 0 to 1; 0 where either has none."""
    rows, source = pool.texts.spans("tags"), pool.source.tags
    rarity = pool.hybrid.rarity("tags", source).astype(np.float64) ** 2
    shared = pool.shared.tags.copy()
    like = np.flatnonzero(shared)
    codes, offsets = taken(rows.values, rows.starts[like], rows.ends[like] - rows.starts[like])
    lengths = np.sqrt(row_sums(pool.hybrid.rarity("tags", codes) ** 2, offsets) * rarity.sum())
    shared[like] /= lengths
    return shared.astype(np.float32)


def _as_far_as_known(pool: Pool, cosines: Floats) -> Floats:
    """Return cosines of vectors (n,); where the encoder knows less of the language, those of words stand in.

    Features count by how far they stand out of the pool, so a factor would change nothing. A mixture is in
    standard deviations of the pool.
    """
    if pool.trust >= 1:
        return np.asarray(cosines)
    mixed = standardised(np.column_stack([cosines, pool.word_cosines]))
    return np.asarray(mixed @ np.array([pool.trust, 1 - pool.trust], np.float32))
