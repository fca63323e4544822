"""A question and its candidates as arrays: what every feature reads. Knows no index and no weights.

What is gathered once for all features stands in one place; hence the length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.row_terms import span_sums
from recommender.analysis.encoded import Encoded
from recommender.embedding.models import ENGLISH_ENCODERS
from recommender.embedding.nearness import on_one_scale, usual_cosine
from recommender.features.dense_rows import DenseRows
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.features.hybrid_vectors import DENSE_WEIGHT, LSA_WEIGHT, HybridModel
from recommender.features.language_groups import read_as, read_one_as
from recommender.features.norms import Lengths
from recommender.features.term_rows import TermRows, TermSpans, Texts
from recommender.ranking.declared_translations import NOTHING_DECLARED, DeclaredTranslations
from recommender.ranking.link_history import LinkGraph, LinkHistory
from recommender.ranking.shared_terms import SharedTerms
from recommender.ranking.standing_text import StandingText
from recommender.ranking.terms import TermVector, TermVectors, weighed

Floats = NDArray[np.float32]
Nums = NDArray[np.int64]

HUB_DOUBT = 3.0
"""Imagined stories that link to other pages: where few link, none is the page that everybody links."""


@dataclass(frozen=True, eq=False)
class Pool:
    """One source and its candidates. What a feature needs is gathered once, when the first one asks.

    Attributes
    ----------
    source : Encoded
        The story, or the free text, that the block is for.
    nums : (n,) int64
        The candidates, each once; the first of them tell what is usual (`model.TYPICAL`).
    store : Store
        Where the candidates' arrays are.
    hybrid : HybridModel
        The rarity of terms, and the mean of the dense vectors.
    links : LinkGraph, optional
        The links of the past; without them all that is learned from links is 0.
    now : int, optional
        When a text without a date is asked about, epoch seconds; until then links count. Of a story only
        those of its past do, whenever one asks.
    lengths : Lengths, optional
        Of all stories' terms under ``hybrid``; without them the candidates' are found when they are needed.
    encoder : str
        SHA-256 of the weights of the embedding model; empty where it is not known.
    declared : DeclaredTranslations
        What stories say their translations are.
    """

    source: Encoded
    nums: Nums
    store: Store
    hybrid: HybridModel
    links: LinkGraph | None = None
    now: int | None = None
    lengths: Lengths | None = None
    encoder: str = ""
    declared: DeclaredTranslations = NOTHING_DECLARED

    def __len__(self) -> int:
        return len(self.nums)

    def seen(self, nums: Nums) -> NDArray[np.bool_]:
        """Return which of some stories readers may see now; without a time, which are candidates."""
        return np.isin(nums, self.nums) if self.now is None else self.store.visible(nums, self.now)

    @cached_property
    def texts(self) -> Texts:
        """The candidates' terms and codes."""
        return self.store.texts(self.nums)

    @cached_property
    def standing(self) -> StandingText:
        """What of the source stands in other candidates word for word, whatever they are on."""
        known = self.source, self.store, self.hybrid, self.nums
        return StandingText.of(*known, self.word_spans, self.headlines, self.nearness)

    @cached_property
    def nearness(self) -> Floats:
        """Cosine (n,) of the stories' dense vectors as wholes, the archive's mean left in."""
        return self._vectors_met[0][:, 0]

    @cached_property
    def telling(self) -> Encoded:
        """The source without its standing text: what its words and names are compared by."""
        return self.standing.without(self.source, self.texts)

    @cached_property
    def own(self) -> Floats:
        """How much of a likeness of vectors (n,) is not of standing text, 0 to 1: 1 but for few."""
        return 1 - self.standing.shares

    def nearest(self, cosines: Floats, places: Nums | None = None) -> Floats:
        """Return the largest cosine (n,) of candidates with the source's headline and passages, (n, 1 + m).

        Passages hold its standing text; `places` are the candidates' positions where they are not all.
        """
        if not self.standing.places.any():
            return largest(cosines)
        own = self.own if places is None else self.own[places]
        return largest(np.column_stack([cosines[:, :1], cosines[:, 1:] * own[:, None]]))

    @cached_property
    def source_words(self) -> TermVector:
        """The source's words."""
        return TermVector.of(self.telling.words, self.hybrid.idf["words"])

    @cached_property
    def shared(self) -> SharedTerms:
        """What the candidates' terms share with the source's: found once, for all that compares them."""
        return SharedTerms.of(self.telling, self.source_words, self.texts, self.hybrid)

    @cached_property
    def word_spans(self) -> TermSpans:
        """The candidates' words, where they lie."""
        return self.texts.spans("words")

    @cached_property
    def words(self) -> TermVectors:
        """The candidates' words, all of them: who compares some with a text asks `word_cosines_with`."""
        return TermVectors.of(self.texts.terms("words"), self.hybrid.idf["words"], self.word_lengths)

    @cached_property
    def word_lengths(self) -> Floats:
        """The lengths (n,) of the candidates' words as vectors."""
        return self._lengths("words", self.word_spans)

    def words_of(self, place: int) -> TermVector:
        """Return the words of one candidate."""
        terms, length = self.word_spans.item(place), float(self.word_lengths[place])
        return TermVector(terms.ids, weighed(terms.ids, terms.counts, self.hybrid.idf["words"]), length)

    def word_cosines_with(self, text: TermVector, places: Nums) -> Floats:
        """Return the TF-IDF cosine (k,) of the words of candidates at some positions with a text's."""
        values = text.weights.astype(np.float64) * self.hybrid.idf["words"][text.ids]
        rows = self.word_spans.of(places)
        spans = rows.values, rows.starts, rows.ends, rows.beside
        dots = span_sums(text.ids, values, *spans, TERM_FREQUENCY)
        lengths = self.word_lengths[places] * np.float64(text.length)
        # A story that is written anew meanwhile may have its old terms and its new length for a moment.
        return np.minimum(dots / np.where(lengths > 0, lengths, 1), 1).astype(np.float32)

    @cached_property
    def word_cosines(self) -> Floats:
        """TF-IDF cosine (n,) of each candidate's words with the source's."""
        return self.word_shares(self.shared.words / np.float32(self.source_words.length or 1))

    def word_shares(self, products: Floats) -> Floats:
        """Return products (n,) of a unit vector with the candidates' words as cosines, 0 to 1."""
        lengths = self.word_lengths
        # A story that is written anew meanwhile may have its old terms and its new length for a moment.
        return np.asarray(np.minimum(products / np.where(lengths > 0, lengths, 1), 1), np.float32)

    @cached_property
    def source_bigrams(self) -> TermVector:
        """The source's bigrams."""
        return TermVector.of(self.telling.bigrams, self.hybrid.idf["bigrams"])

    @cached_property
    def bigram_spans(self) -> TermSpans:
        """The candidates' bigrams, where they lie."""
        return self.texts.spans("bigrams")

    @cached_property
    def bigrams(self) -> TermVectors:
        """The candidates' bigrams, all of them."""
        rows, lengths = self.texts.terms("bigrams"), self._lengths("bigrams", self.bigram_spans)
        return TermVectors.of(rows, self.hybrid.idf["bigrams"], lengths)

    def _lengths(self, channel: str, rows: TermSpans) -> Floats:
        if self.lengths is not None:
            lengths = self.lengths.of(channel, self.nums)
            if np.all((lengths > 0) | (rows.starts == rows.ends)):
                return lengths
        # Or a story came after another model had been taken into use than is asked under.
        return self.hybrid.lengths(channel, self.texts.terms(channel))

    @cached_property
    def entity_spans(self) -> TermSpans:
        """The candidates' names, acronyms and versions, where they lie."""
        return self.texts.spans("entities")

    @cached_property
    def entities(self) -> TermRows:
        """The candidates' names, acronyms and versions."""
        return self.texts.terms("entities")

    @cached_property
    def headlines(self) -> TermSpans:
        """The words of the candidates' headlines, where they lie."""
        return self.texts.spans("headline")

    @property
    def means(self) -> DenseRows:
        """The dense unit vectors of the candidates as wholes."""
        return self._dense_rows[0]

    @property
    def headline_vectors(self) -> DenseRows:
        """The dense vectors of the candidates' headlines."""
        return self._dense_rows[1]

    @cached_property
    def _dense_rows(self) -> tuple[DenseRows, DenseRows]:
        return self.store.dense_rows(self.nums)

    @cached_property
    def _vectors_met(self) -> tuple[Floats, Floats, Floats]:
        """Products of `means`, as they are and less their language's mean, and of headlines.

        Means meet the source's own mean, the same less its language's, and its passages as they tell.
        Headlines, which lie beside them and are read at once, meet the source's chunks.
        """
        languages, source = self.hybrid.languages, self.source_mean[None]
        telling = languages.telling(self.source_passages, self.source.language)
        met = np.concatenate([source, self._centred(source), telling])
        plain, centred = languages.products(self.means, self.column("language"), met)
        return plain, centred, self.headline_vectors.products(self.source_chunks)

    @cached_property
    def source_mean(self) -> Floats:
        """The dense unit vector (d,) of the source as a whole."""
        return self.source.mean

    @cached_property
    def source_chunks(self) -> Floats:
        """The dense vectors (m, d) of the source's chunks; of a text without a body the headline's."""
        rows = self.source.vectors.astype(np.float32)
        return rows[1:] if len(rows) > 1 else rows

    @cached_property
    def likeness(self) -> Floats:
        """How alike each candidate (n,) is to the source, 0 to 1: words and subject, whatever the time."""
        return np.asarray(
            LSA_WEIGHT * self.word_cosines + DENSE_WEIGHT * np.maximum(self.dense, 0), np.float32
        )

    @cached_property
    def dense(self) -> Floats:
        """Cosine (n,) of the stories' dense vectors as wholes, less their language's mean."""
        return self.own * self.trust * self._vectors_met[1][:, 1]

    @property
    def headline_cosines(self) -> Floats:
        """Cosines (n, m) of the candidates' headlines with the source's chunks."""
        return self._vectors_met[2]

    @property
    def near_passages(self) -> Floats:
        """Cosines (n, 1 + m) of the candidates, less their language's mean, with the source's passages.

        Those are its headline and chunks as they tell most; see `LanguageGroups.telling`.
        """
        return self._vectors_met[1][:, 2:]

    def centred_means(self, places: Nums) -> Floats:
        """Return the dense vectors (k, d) of some candidates as wholes, less their language's mean, unit."""
        return self.hybrid.languages.centred(self.means.of(places).floats(), self.column("language")[places])

    @cached_property
    def source_passages(self) -> Floats:
        """The dense vectors (m, d) of the source's headline and chunks, less their language's mean, unit."""
        return self._centred(self.source.vectors.astype(np.float32))

    @cached_property
    def languages(self) -> NDArray[np.uint32]:
        """The codes of the languages as which the candidates (n,) are read."""
        return read_as(self.column("language"))

    @cached_property
    def is_of_one_language(self) -> bool:
        """Whether the source and all candidates are in one language."""
        return bool(np.all(self.languages == read_one_as(self.source.language)))

    def _centred(self, vectors: Floats) -> Floats:
        return self.hybrid.languages.centred(vectors, np.array([self.source.language]))

    @cached_property
    def trust(self) -> np.float32:
        """How far the encoder knows the source's language, 0 to 1: what it says counts so much."""
        english = self.encoder in ENGLISH_ENCODERS
        return np.float32(self.hybrid.languages.trust(self.source.language) if english else 1)

    def on_one_scale(self, cosines: Floats) -> Floats:
        """Return cosines of the stories' own vectors as the default encoder's would be; see `nearness`."""
        usual = usual_cosine(self.encoder, self.hybrid.dense_mean, self.hybrid.stories)
        return on_one_scale(cosines, usual)

    @cached_property
    def past(self) -> LinkHistory | None:
        """The links that the source may know of."""
        time = self.source.published if self.source.published is not None else self.now
        return None if self.links is None or time is None else self.links.as_of(time)

    @property
    def known_links(self) -> int:
        """How many links the source may know of."""
        return 0 if self.past is None else self.past.count

    @cached_property
    def received(self) -> tuple[Nums, Nums]:
        """The past links to candidates: their places among all, and beside each the candidate's position."""
        return self.past.into(self.nums) if self.past else (np.zeros(0, np.int64), np.zeros(0, np.int64))

    @cached_property
    def linking(self) -> Nums:
        """How many of these links lead to each candidate, (n,)."""
        return np.bincount(self.received[1], minlength=len(self))

    def alike(self, place: int, among: Nums | None = None) -> Floats:
        """Return the cosines of one candidate as a whole with all, or with those at some positions."""
        if among is None and place in self._alike:
            return self._alike[place]
        rows = self.means if among is None else self.means.of(among)
        return rows.products(self.means.of(np.array([place])).floats())[:, 0]

    def expect(self, places: Nums) -> None:
        """Find at once what `alike` will be asked for: two of these take as long as ten."""
        products = self.means.products(self.means.of(places).floats()) if len(places) else np.zeros((0, 0))
        self._alike.update(zip(places.tolist(), products.T, strict=True))

    @cached_property
    def _alike(self) -> dict[int, Floats]:
        return {}

    def column(self, name: str) -> NDArray[np.int64]:
        """Return one of the store's columns for the candidates (n,)."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = np.asarray(self.store.column(name)[self.nums], np.int64)
        return found

    @cached_property
    def _columns(self) -> dict[str, NDArray[np.int64]]:
        return {}

    @cached_property
    def of_everybody(self) -> Floats:
        """The share (n,) of all stories with links that link to the candidate.

        It is small but for pages to subscribe, of contacts and of authors, which stories on anything link to.
        """
        if self.past is None:
            return np.zeros(len(self), np.float32)
        return np.asarray(self.linking / (self.past.linking() + HUB_DOUBT), np.float32)

    def positions(self, nums: Nums) -> Nums:
        """Return where each of ``nums`` stands among the candidates; -1 where it does not."""
        if not len(self):
            return np.full(len(nums), -1)
        order = self._order
        places = order[np.minimum(np.searchsorted(self.nums, nums, sorter=order), len(order) - 1)]
        return np.where(self.nums[places] == nums, places, -1)

    @cached_property
    def _order(self) -> Nums:
        return np.asarray(np.argsort(self.nums), np.int64)

    @cached_property
    def gaps(self) -> Floats:
        """Seconds (n,) between the source and each candidate; 0 where the source has no date."""
        if self.source.published is None:
            return np.zeros(len(self), np.float32)
        return np.asarray(np.abs(self.source.published - self.column("published")), np.float32)


def largest(cosines: Floats) -> Floats:
    """Return the largest number of each row (n, m): of a few columns, faster than numpy's own."""
    return reduce(np.maximum, cosines.T)
