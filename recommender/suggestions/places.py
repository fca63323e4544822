"""Each phrase of a draft beside each story that it may link to, as numbers. Knows no weights and no SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.row_terms import shared_terms
from recommender.analysis.phrases import Nums, Phrases
from recommender.analysis.words import term_id
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.ranking.calibration import standing
from recommender.ranking.pool import Pool
from recommender.ranking.terms import TermVectors
from recommender.suggestions.draft_phrases import DraftPhrases

Floats = NDArray[np.float32]

KEPT = 30
"""So many phrases are kept of each story."""

OF_STORY = ("standing", "order")
OF_BOTH = (
    "headline", "headline_share", "headline_part", "headline_run", "whole", "headline_own",
    "text", "text_part", "text_pairs", "stressed", "stressed_own", "sentence", "sentence_best",
    "led", "led_share",
)  # fmt: skip
OF_PHRASE = ("rare", "one_word", "words", "stop_words", "clauses", "linked", "habit", "early")
NAMES = (*OF_STORY, *OF_BOTH, *OF_PHRASE)
"""What is known of a phrase and a story, in the order of the columns."""

_LITTLE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Phrases of a draft, each with a story that it may link to.

    Attributes
    ----------
    stories : (n,) int64
        Positions in the pool.
    firsts, lasts : (n,) int64
        The first and the last word of each phrase.
    rows : (n, len(NAMES)) float32
        What is known of each.
    """

    stories: Nums
    firsts: Nums
    lasts: Nums
    rows: Floats

    @classmethod
    def none(cls) -> Places:
        """Return no places."""
        nums = np.zeros(0, np.int64)
        return cls(nums, nums, nums, np.zeros((0, len(NAMES)), np.float32))

    def __len__(self) -> int:
        return len(self.stories)


@dataclass(frozen=True, slots=True, eq=False)
class _Likeness:
    """What one story and each phrase (m,) hold in common, by rarity."""

    headline: Floats
    run: Floats
    whole: Floats
    text: Floats
    pairs: Floats
    stressed: Floats
    sentence: Floats
    bounded: NDArray[np.bool_]


def places(
    draft: DraftPhrases, pool: Pool, scores: Floats, likely: Nums, headlines: Sequence[Phrases]
) -> Places:
    """Return the phrases that suit each of some stories best, with what is known of each.

    Parameters
    ----------
    draft : DraftPhrases
    pool : Pool
    scores : (n,) float32
        Of the pool's stories, by the ranking of blocks.
    likely : (t,) int64
        Positions in the pool of the stories that are looked at.
    headlines : sequence of Phrases
        Beside each its headline.
    """
    if not len(draft) or not len(likely):
        return Places.none()
    likenesses = _likenesses(draft, pool, likely, headlines)
    best_headline = _two_best([each.headline for each in likenesses])
    best_stressed = _two_best([each.stressed for each in likenesses])
    order = np.empty(len(scores))
    order[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    stands, whole = standing(scores), draft.sums(draft.weights)
    targets, which = draft.led
    to = pool.positions(targets)
    linked = np.maximum(np.bincount(which, minlength=len(draft)), 1)
    alone = np.stack([draft.alone[name] for name in OF_PHRASE], axis=1)
    found = []
    for story, like, headline in zip(likely.tolist(), likenesses, headlines, strict=True):
        led = np.bincount(which[to == story], minlength=len(draft))
        both = {
            "headline": like.headline / 10,
            "headline_share": like.headline / max(_weight(headline, draft), _LITTLE),
            "headline_part": like.headline / np.maximum(whole, _LITTLE),
            "headline_run": like.run / 10,
            "whole": like.whole,
            "headline_own": _above_others(like.headline, best_headline) / 10,
            "text": like.text / 10,
            "text_part": like.text / np.maximum(whole, _LITTLE),
            "text_pairs": like.pairs,
            "stressed": like.stressed,
            "stressed_own": _above_others(like.stressed, best_stressed),
            "sentence": like.sentence,
            "sentence_best": like.sentence / max(float(like.sentence.max(initial=0)), _LITTLE),
            "led": np.log1p(led),
            "led_share": led / linked,
        }
        best = _promising(both, alone, led, like.bounded)
        of_story = np.tile([stands[story], np.log1p(order[story])], (len(best), 1))
        pairs = np.stack([both[name][best] for name in OF_BOTH], axis=1)
        found.append((np.full(len(best), story), best, np.hstack([of_story, pairs, alone[best]])))
    stories, kept, rows = (np.concatenate(each) for each in zip(*found, strict=True))
    firsts, lasts = draft.spans
    return Places(stories, firsts[kept], lasts[kept], rows.astype(np.float32))


def _likenesses(
    draft: DraftPhrases, pool: Pool, likely: Nums, headlines: Sequence[Phrases]
) -> list[_Likeness]:
    words, weights = draft.phrases, draft.weights
    said = _Counts.of(draft.ids, pool.words, likely)
    pair_ids, before = draft.pairs
    pairs = _Counts.of(pair_ids, pool.bigrams, likely)
    firsts, lasts = draft.spans
    lengths = np.maximum(pool.words.lengths[likely], _LITTLE)
    sentence = np.sqrt(np.maximum(draft.by_sentence(weights**2), _LITTLE))
    neighbours = np.concatenate([np.zeros(1, np.uint64), words.codes[:-1]]) * _PAIR + words.codes
    out = []
    for row, headline in enumerate(headlines):
        in_headline = words.known & np.isin(words.codes, headline.codes)
        joined = np.isin(neighbours, headline.codes[:-1] * _PAIR + headline.codes[1:])
        joined[:1] = False
        run = np.where(joined, weights + np.concatenate([[0], weights[:-1]]), 0)
        counts = said.row(row)
        stressed = np.where(words.known, weights**2 * TERM_FREQUENCY[np.minimum(counts, 255)], 0)
        stressed = np.where(counts > 0, stressed, 0) / lengths[row]
        own = in_headline | (counts > 0)
        paired = (pairs.row(row) > 0) & (before >= 0)
        joins = draft.sums(joined) - joined[firsts]
        out.append(
            _Likeness(
                headline=draft.sums(np.where(in_headline, weights, 0)),
                run=draft.sums(run) - run[firsts].astype(np.float32),
                whole=((joins == lasts - firsts) & (lasts - firsts + 1 >= len(headline))).astype(np.float32),
                text=draft.sums(np.where(counts > 0, weights, 0)),
                pairs=_within(draft, paired),
                stressed=draft.sums(stressed),
                sentence=np.asarray(draft.by_sentence(stressed) / sentence, np.float32),
                bounded=own[firsts] | own[lasts],
            )
        )
    return out


_PAIR = np.uint64(0x9E3779B97F4A7C15)


def _within(draft: DraftPhrases, paired: NDArray[np.bool_]) -> Floats:
    """Return how many pairs of words lie within each phrase, both of them."""
    return np.asarray(draft.sums(paired) - paired[draft.spans[0]], np.float32)


def _weight(headline: Phrases, draft: DraftPhrases) -> float:
    terms = {word.term for word in headline.words if word.term}
    return float(sum(draft.idf[term_id(term, draft.language)] for term in terms))


def _two_best(values: Sequence[Floats]) -> tuple[Floats, Floats]:
    best, second = np.zeros_like(values[0]), np.zeros_like(values[0])
    for each in values:
        second = np.maximum(second, np.minimum(best, each))
        best = np.maximum(best, each)
    return best, second


def _above_others(values: Floats, two_best: tuple[Floats, Floats]) -> Floats:
    best, second = two_best
    return np.asarray(values - np.where(values >= best, second, best), np.float32)


def _promising(both: dict[str, Floats], alone: Floats, led: Nums, bounded: NDArray[np.bool_]) -> Nums:
    """Return the phrases of one story that are worth weighing: those that begin or end with its words."""
    words = np.exp(alone[:, OF_PHRASE.index("words")])
    rough = (
        10 * both["headline"]
        + 5 * both["headline_run"]
        + 3 * both["text"]
        + 3 * both["stressed"]
        + 3 * both["sentence_best"]
        + 0.8 * both["text_pairs"]
        + 6 * np.minimum(led, 1)
        + alone[:, OF_PHRASE.index("habit")]
        - 0.35 * words
        - 0.3 * alone[:, OF_PHRASE.index("stop_words")]
        - alone[:, OF_PHRASE.index("clauses")]
    )
    allowed = np.flatnonzero(bounded | (led > 0))
    if len(allowed) <= KEPT:
        return allowed
    return np.asarray(allowed[np.argpartition(-rough[allowed], KEPT)[:KEPT]], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """How often each of some stories says each word of a draft."""

    inverse: Nums
    table: NDArray[np.uint8]

    @classmethod
    def of(cls, ids: NDArray[np.uint32], rows: TermVectors, likely: Nums) -> _Counts:
        distinct, inverse = np.unique(ids, return_inverse=True)
        found, places_, offsets = shared_terms(distinct, rows.ids, rows.offsets)
        table = np.zeros((len(likely), len(distinct)), np.uint8)
        for row, story in enumerate(likely.tolist()):
            part = slice(offsets[story], offsets[story + 1])
            table[row, places_[part]] = rows.counts[found[part]]
        return cls(inverse, table)

    def row(self, place: int) -> NDArray[np.uint8]:
        return np.asarray(self.table[place][self.inverse], np.uint8)
