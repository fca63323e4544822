"""What one would do without this engine, each in its usual form. Knows nothing of our ranking."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.languages import spoken_of
from recommender.analysis.words import whole_words
from recommender.embedding import Embedder
from recommender.evaluation.case import Case
from recommender.evaluation.metrics import DEPTH
from recommender.story.languages import language_of
from recommender.story.story import Story

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

HEADLINE_WEIGHT = 3  # the headline stands so often in a story's text: the best TF-IDF that we found
BM25_K1, BM25_B = 1.2, 0.75  # Lucene's defaults


@dataclass(frozen=True, eq=False)
class ByScore:
    """A baseline that scores every story. Calling it ranks them.

    Attributes
    ----------
    case : Case
        The stories.
    scores : callable
        Takes a story; returns the score (n,) of each story as related to it.
    past_only : bool
        Whether it can tell earlier stories from later ones; a first attempt cannot.
    """

    case: Case
    scores: Callable[[int], NDArray[np.floating]]
    past_only: bool = True

    def __call__(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return the `DEPTH` best stories, best first."""
        allowed = self.case.earlier(story) if past_only and self.past_only else self.case.others(story)
        nums = np.flatnonzero(allowed)
        return nums[np.argsort(-self.scores(story)[nums], kind="stable")[:DEPTH]]


def recency(case: Case) -> ByScore:
    """Return the stories nearest in time, whatever they are about."""
    return ByScore(case, lambda story: -np.abs(case.published - case.published[story]).astype(np.float64))


def text_of(story: Story, headlines: int = HEADLINE_WEIGHT) -> str:
    """Return a story as one text, its headline ``headlines`` times."""
    return "\n".join([story.headline] * headlines + [story.text])


def words_of(story: Story) -> list[str]:
    """Return the words of a story as its language has them: whole, without stop words, headline first.

    Where a script puts no space between words they are neighbouring letters.
    """
    return whole_words(text_of(story), spoken_of(language_of(story).key))


def tfidf_rows(case: Case) -> csr_matrix:
    """Return TF-IDF unit rows as scikit-learn has them, of `words_of`: sublinear term frequency."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, analyzer=words_of, dtype=np.float32)
    rows: csr_matrix = vectorizer.fit_transform(case.stories)
    return rows


def inner(case: Case, queries: csr_matrix, documents: csr_matrix) -> ByScore:
    """Return the ranking by the inner product of a story's row in ``queries`` with all ``documents``."""
    return ByScore(case, lambda story: np.asarray((documents @ queries[story].T).todense()).ravel())


def bm25(case: Case) -> ByScore:
    """Return Okapi BM25 (Robertson and Zaragoza 2009, with Lucene's idf) by bm25s, the story as the query."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # which sets itself to tell each step
    texts = [words_of(story) for story in case.stories]
    ranking = bm25s.BM25(k1=BM25_K1, b=BM25_B, method="atire", idf_method="lucene")
    ranking.index(texts, show_progress=False)

    def scores(story: int) -> NDArray[np.floating]:
        return np.asarray(ranking.get_scores(texts[story]) if texts[story] else np.zeros(len(texts)))

    return ByScore(case, scores)


def first_attempts(case: Case, embedder: Embedder) -> tuple[ByScore, ByScore]:
    """Return what a first attempt with a sentence encoder does: with any date, and with earlier stories only.

    One vector a story, of the part that the encoder reads by itself: its beginning.
    """
    texts = [text_of(story, headlines=1) for story in case.stories]
    vectors = embedder.encode([(embedder.chunks(text) or [text])[0] for text in texts])

    def cosines(story: int) -> NDArray[np.floating]:
        return np.asarray(vectors @ vectors[story])

    return ByScore(case, cosines, past_only=False), ByScore(case, cosines)
