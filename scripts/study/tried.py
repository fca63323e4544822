"""Features that were tried and are not shipped, each in the form of the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from index.storage.kernels.row_terms import looked_up
from recommender.evaluation.baselines import BM25_B, BM25_K1
from recommender.ranking import features
from recommender.ranking.features import Feature
from recommender.ranking.link_features import neighbour_links
from recommender.ranking.link_history import GAP_SMOOTHING, gap_bucket
from recommender.ranking.pool import Pool
from recommender.ranking.terms import TermVector
from recommender.ranking.text_features import bigrams, dense, words
from recommender.ranking.time_features import WEEK
from recommender.ranking.training import PRIOR

Floats = NDArray[np.float32]

FEEDBACK_STORIES = 10  # as RM3 has it in Anserini: 10 documents
FEEDBACK_TERMS = 50  # more than the usual 10, because the query is a whole story
FEEDBACK_SHARE = 0.5  # of the expanded query; the rest is the story's own


def _expanded(pool: Pool, votes: Floats) -> TermVector:
    """Return the source's words, widened by the heaviest words of the pool's rows as ``votes`` (n,) say."""
    rows, source = pool.words, pool.source_words
    row = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
    lengths = np.where(rows.lengths > 0, rows.lengths, 1)
    weight = rows.weights * (votes / lengths)[row]
    ids, which = np.unique(rows.ids, return_inverse=True)
    total = np.bincount(which, weight, minlength=len(ids))
    heaviest = np.sort(np.argsort(-total, kind="stable")[:FEEDBACK_TERMS])
    more = total[heaviest] / (np.linalg.norm(total[heaviest]) or 1)
    own = source.weights / (source.length or 1)
    joined, where = np.unique(np.concatenate([source.ids, ids[heaviest]]), return_inverse=True)
    mixed = np.concatenate([(1 - FEEDBACK_SHARE) * own, FEEDBACK_SHARE * more])
    weights = np.bincount(where, mixed, minlength=len(joined)).astype(np.float32)
    return TermVector(joined, weights, float(np.linalg.norm(weights)))


def feedback_words(pool: Pool) -> Floats:
    """TF-IDF cosine with the source's words and the heaviest ones of its ten nearest (after RM3)."""
    votes = np.zeros(len(pool), np.float32)
    nearest = np.argsort(-pool.likeness, kind="stable")[:FEEDBACK_STORIES]
    votes[nearest] = pool.likeness[nearest]
    return pool.words.cosines(_expanded(pool, votes))


def feedback_dense(pool: Pool) -> Floats:
    """Cosine of centred dense vectors with the mean of the source's ten nearest."""
    nearest = np.argsort(-pool.likeness, kind="stable")[:FEEDBACK_STORIES]
    middle = pool.likeness[nearest] @ pool.centred_means(nearest)
    return np.asarray(
        pool.centred_means(np.arange(len(pool))) @ (middle / (np.linalg.norm(middle) or 1)), np.float32
    )


def _counts(pool: Pool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows = pool.store.terms("words", pool.nums)
    return row_sums(rows.counts.astype(np.float32), rows.offsets).astype(np.int64), rows.offsets


def bm25(pool: Pool) -> Floats:
    """Okapi BM25 with the whole source as the query, each of its terms as often as it stands there."""
    rows, source = pool.store.terms("words", pool.nums), pool.source.words
    lengths, offsets = _counts(pool)
    norm = BM25_K1 * (1 - BM25_B + BM25_B * lengths / max(lengths.mean(), 1))
    counts = rows.counts.astype(np.float32)
    asked = looked_up(source.ids, source.counts.astype(np.float32), rows.ids)
    gain = counts * (BM25_K1 + 1) / (counts + np.repeat(norm, np.diff(offsets)))
    return row_sums((asked * gain * pool.hybrid.idf["words"][rows.ids]).astype(np.float32), offsets)


def length(pool: Pool) -> Floats:
    """Logarithm of the candidate's length in words."""
    return np.log1p(_counts(pool)[0]).astype(np.float32)


def length_ratio(pool: Pool) -> Floats:
    """Minus the absolute logarithm of the ratio of both lengths: 0 for stories of one length."""
    own = int(pool.source.words.counts.sum(dtype=np.int64))
    return np.asarray(-np.abs(np.log1p(_counts(pool)[0]) - np.log1p(own)), np.float32)


def _nearest_rows(pool: Pool, rows: Floats) -> Floats:
    """Return the largest cosine (n,) of any passage of each candidate with any of ``rows``, centred."""
    vectors, offsets = pool.store.vectors(pool.nums)
    away = vectors.astype(np.float32) - pool.hybrid.dense_mean
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return np.asarray(np.maximum.reduceat((away @ rows.T).max(axis=1), offsets[:-1]), np.float32)


def chunk_to_chunk(pool: Pool) -> Floats:
    """Cosine of the nearest two passages of the stories."""
    return _nearest_rows(pool, pool.source_passages)


def passage_of_candidate(pool: Pool) -> Floats:
    """Cosine of the whole source with the nearest passage of the candidate."""
    away = pool.source.mean - pool.hybrid.dense_mean
    return _nearest_rows(pool, (away / (np.linalg.norm(away) or 1))[None])


def headline_to_headline(pool: Pool) -> Floats:
    """Cosine of the headlines' dense vectors, centred."""
    away = pool.headline_vectors.floats() - pool.hybrid.dense_mean
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    return np.asarray(away @ pool.source_passages[0], np.float32)


def own_headline_in_candidate(pool: Pool) -> Floats:
    """Share of the source's headline, by rarity, that stands in the candidate."""
    rows, own = pool.store.terms("words", pool.nums), pool.source.headline.ids
    rarity = pool.hybrid.idf["words"][own]
    return row_sums(looked_up(own, rarity, rows.ids), rows.offsets) / max(float(rarity.sum()), 1e-6)


def lsa(pool: Pool) -> Floats:
    """Cosine of the stories' LSA projections: the lexical half of the hybrid vector."""
    size = len(pool.hybrid.dense_mean)
    rows = pool.hybrid.vectors(pool.store, pool.nums)[:, size:]
    own = pool.hybrid.vector(pool.source)[size:]
    return np.asarray(rows @ own / max(float(own @ own), 1e-6), np.float32)


# Links of the past


def two_hops(pool: Pool) -> Floats:
    """Votes of `neighbour_links`, carried one link further: what is linked by what neighbours link to."""
    return _stepped(pool, neighbour_links(pool), forth=True)


def coupled(pool: Pool) -> Floats:
    """Votes of `neighbour_links` for what the candidate itself links to (shared targets)."""
    return _stepped(pool, neighbour_links(pool), forth=False)


def links_nearby(pool: Pool) -> Floats:
    """Mean likeness to the source of the stories that the candidate links to."""
    return _stepped(pool, pool.likeness, forth=False)


def linked_from_nearby(pool: Pool) -> Floats:
    """Likeness to the source of the stories that link to the candidate, summed: all, not the nearest 30."""
    return np.log1p(_stepped(pool, pool.likeness, forth=True, share=False))


def out_links(pool: Pool) -> Floats:
    """Logarithm of 1 + the links that the candidate holds: who links much may be linked much."""
    if pool.past is None:
        return np.zeros(len(pool), np.float32)
    rows = pool.past.from_(pool.nums)[1]
    return np.log1p(np.bincount(rows, minlength=len(pool))).astype(np.float32)


def gap_odds(pool: Pool) -> Floats:
    """As `gap_prior`, smoothed towards a publisher that cares for the new, and not towards chance.

    Without links it is `fading_recency` in its shipped weight: it would stand for both.
    """
    recent = (1 + pool.gaps / np.float32(WEEK)) ** -np.float32(PRIOR["fading_recency"])
    if pool.past is None:
        return np.asarray(np.log(recent), np.float32)
    counts = pool.past.graph.gap_counts
    known = int(np.searchsorted(counts.upto, pool.past.count, side="right")) - 1
    bucket = gap_bucket(pool.gaps)
    odds = counts.seen[known][bucket] + np.float32(GAP_SMOOTHING) * recent
    return np.asarray(np.log(odds / (counts.expected[known][bucket] + np.float32(GAP_SMOOTHING))), np.float32)


def _stepped(pool: Pool, votes: Floats, *, forth: bool, share: bool = True) -> Floats:
    """Carry votes (n,) along the past links between candidates, to their targets or back to their sources."""
    if pool.past is None:
        return np.zeros(len(pool), np.float32)
    targets, rows, _ = pool.past.from_(pool.nums)
    places = pool.positions(targets)
    rows, places = rows[places >= 0], places[places >= 0]
    to, start = (places, rows) if forth else (rows, places)
    got = np.bincount(to, votes[start], minlength=len(pool))
    counts = np.bincount(to, minlength=len(pool)) if share else 0
    return np.asarray(got / (1.0 + counts), np.float32)


TEXT: tuple[Feature, ...] = (
    feedback_words,
    feedback_dense,
    bm25,
    lsa,
    chunk_to_chunk,
    passage_of_candidate,
    headline_to_headline,
    own_headline_in_candidate,
)
FORM: tuple[Feature, ...] = (length, length_ratio)
LINKS: tuple[Feature, ...] = (two_hops, coupled, links_nearby, linked_from_nearby, out_links)
INSTEAD: tuple[Feature, ...] = (gap_odds,)
"""What would stand for others, not beside them."""

SUPERSEDED: tuple[Feature, ...] = (words, bigrams, *features.SUPERSEDED)
"""Shipped before: what came after them says the same."""

TRIED: Mapping[str, Feature] = {
    feature.__name__: feature for feature in (*TEXT, *FORM, *LINKS, *INSTEAD, *SUPERSEDED)
}
"""Every one by its name."""

RELATIVE = frozenset(feature.__name__ for feature in (*TEXT, words, bigrams, dense))
FREE = frozenset({"length", "length_ratio", "out_links"})
"""Those of which one cannot say beforehand whether they speak for a story."""
