"""What is derived from the catalog: store, hybrid model and index, as of one change. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index import Check, VectorIndex
from index.filters import Field, Filter
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.archive.index_columns import columns_of
from recommender.archive.shared_index import SharedIndex, problem_of
from recommender.archive.vector_engine import LOCAL_ENGINE, VectorEngine
from recommender.catalog import Row
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import NEW
from recommender.features.norms import Lengths
from recommender.features.story_batch import StoryBatch
from recommender.features.story_terms import StoryTerms

_LOOK_AGAIN = 7  # bits: which languages have grown is looked at when 1/128 of the stories are new
STORE_DIR, MODEL_FILE, INDEX_DIR = "store", "hybrid.npz", "index"


class View:
    """All stories as arrays, the model that makes their hybrid vectors, and the index over those.

    Parameters
    ----------
    store : Store
        Everything retrieval and ranking read, by num.
    hybrid : HybridModel, optional
        None until there is a first story to fit on.
    index : VectorIndex, optional
        The hybrid vectors of all stories of the store; None while there is no model.
    seq : int
        The last change of the catalog that this holds.
    terms : StoryTerms, optional
        Of all stories of the store under the model; None while there is no model.
    engine : VectorEngine
        Where the vectors are.
    """

    def __init__(
        self,
        store: Store,
        hybrid: HybridModel | None,
        index: VectorIndex | None,
        seq: int,
        terms: StoryTerms | None = None,
        *,
        engine: VectorEngine = LOCAL_ENGINE,
    ) -> None:
        self.store, self.hybrid, self.index, self.seq = store, hybrid, index, seq
        self.terms, self.engine = terms, engine
        self._looked_at = hybrid.stories if hybrid else 0

    @classmethod
    def empty(cls, dimension: int, *, engine: VectorEngine = LOCAL_ENGINE) -> Self:
        """Return a view of no stories, for dense vectors of that length."""
        return cls(Store(dimension), None, None, 0, engine=engine)

    def put(self, rows: Iterable[Row]) -> None:
        """Insert or replace stories; one that is not embedded yet is passed over."""
        self.put_encoded((row.num, encode(row.story, row.vectors)) for row in rows if row.vectors is not None)

    def put_encoded(self, stories: Iterable[tuple[int, Encoded]]) -> None:
        """Insert or replace stories that are arrays already, by num."""
        nums = []
        for num, story in stories:
            if self.terms is not None:
                self.terms.lengths.put(num, story)  # first: who finds the story reads them
            self.store.put(num, story)
            if self.terms is not None:
                self.terms.words.put(num, story)  # last: who finds the story by them reads the store
            nums.append(num)
        if self.index is not None and nums:
            self._index(np.array(nums, np.int64))

    def put_new(self, stories: StoryBatch) -> None:
        """Insert many stories that were never held, ascending, into a view without a model."""
        self.store.put_all(stories)

    def drop(self, nums: Sequence[int]) -> None:
        """Forget stories; nums that are not held are passed over."""
        for num in nums:
            self.store.drop(num)
        if self.index is not None and nums:
            self.index.remove(np.array(nums, np.int64))

    @property
    def lengths(self) -> Lengths | None:
        """Those of all stories' terms under the model; None while there is no model."""
        return self.terms.lengths if self.terms else None

    @property
    def dimension(self) -> int:
        """Length of a dense vector."""
        return self.store.dimension

    def outgrown(self, growth: int) -> bool:
        """Return whether there are `growth` times as many stories as the model was fitted on.

        Or as many of one language: what is rare in a new edition cannot be told by another.
        """
        count = len(self.store)
        if self.hybrid is None or count >= growth * self.hybrid.stories:
            return count > 0
        if count - self._looked_at < max(NEW, count >> _LOOK_AGAIN):
            return False
        self._looked_at = count
        return self.hybrid.languages.outgrown(self.store.column("language")[self.store.nums], growth)

    def refitted(self, check: Check = lambda: None) -> Self:
        """Return a view of the same store, its hybrid model fitted on all of it, indexed under that.

        Reads and writes of this one may go on meanwhile. What is written is in the store of both; who takes
        the new one into use brings its index to the last change.

        Parameters
        ----------
        check : callable
            Called between pieces of the work; what it raises ends the work.
        """
        if not len(self.store):
            return self
        seq, nums = self.seq, self.store.nums
        hybrid = HybridModel.fit(self.store, nums)
        check()
        index = self.engine.open(self.store, hybrid)
        terms = StoryTerms.of(hybrid, self.store, nums, check)
        fresh = type(self)(self.store, hybrid, index, seq, terms, engine=self.engine)
        for part in self.store.blocks(nums):
            fresh._index(part)
            check()
        index.improve(check)  # the long part of a large archive: a minute and a half at a million
        return fresh

    def visible(self, num: int, now: int) -> bool:
        """Return whether readers may see a story at ``now`` (epoch seconds)."""
        return bool(self.store.visible(np.array([num]), now)[0])

    def nearest(self, question: Encoded, k: int, where: Filter) -> NDArray[np.int64]:
        """Return the nums of the ``k`` stories nearest to a question that pass a filter, best first."""
        return self.nearest_of_each([question], k, [where])[0]

    def nearest_of_each(
        self, questions: Sequence[Encoded], k: int, where: Sequence[Filter]
    ) -> list[NDArray[np.int64]]:
        """Return the same for many questions, each with its filter; those of one filter are asked at once."""
        found = [np.zeros(0, np.int64) for _ in questions]
        if self.hybrid is None or self.index is None:
            return found
        together: dict[Filter, list[int]] = {}
        for place, condition in enumerate(where):
            together.setdefault(condition, []).append(place)
        for condition, places in together.items():
            vectors = np.stack([self.hybrid.vector(questions[place]) for place in places])
            for place, hits in zip(places, self.index.search(vectors, k, condition), strict=True):
                found[place] = hits.ids
        return found

    def nearness(self, question: Encoded, nums: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return how near stories (n,) are to a question: what `nearest` orders them by, larger is nearer."""
        if self.hybrid is None:
            return np.zeros(len(nums), np.float32)
        return self.hybrid.vectors(self.store, nums) @ self.hybrid.vector(question)

    def sharing_words(self, question: Encoded) -> NDArray[np.int64]:
        """Return the nums of the stories that share rare words with a question, the most telling first."""
        return np.zeros(0, np.int64) if self.terms is None else self.terms.words.nearest(question)

    def _index(self, nums: NDArray[np.int64]) -> None:
        if self.hybrid is None or self.index is None:
            raise RuntimeError("fit the model before indexing")
        self.index.upsert(nums, self.hybrid.vectors(self.store, nums), columns_of(self.store, nums))

    def save(self, directory: Path) -> None:
        """Write all to an empty directory."""
        (directory / STORE_DIR).mkdir()
        self.store.save(directory / STORE_DIR)
        if self.hybrid is not None and self.index is not None and self.terms is not None:
            self.hybrid.save(directory / MODEL_FILE)
            self.terms.save(directory, self.store.size)
            (directory / INDEX_DIR).mkdir()
            if not self.engine.background:
                self.index.improve()  # lists what was added since: seconds, and due once in 10,000 stories
            self.index.save(directory / INDEX_DIR)

    def engine_problem(self) -> str:
        """Return why the nearest stories cannot be asked for now, "" where they can."""
        return problem_of(self.index)

    @property
    def is_shared(self) -> bool:
        """Whether a server holds the index, which may be away."""
        return isinstance(self.index, SharedIndex)

    @property
    def engine_trouble(self) -> str:
        """Why the last call to the server that holds the index failed, "" where it did not; asks nobody."""
        return self.index.trouble if isinstance(self.index, SharedIndex) else ""

    def ask_engine_again(self) -> None:
        """Find out whether a server that did not answer does now, for whom nothing else makes ask it."""
        if self.engine_trouble:
            self.engine_problem()

    def close(self) -> None:
        """End what the index builds in the background, and let go of what is large whoever holds the view."""
        if self.index is not None:
            self.index.close()
        if self.hybrid is not None:
            self.hybrid.release()

    @classmethod
    def load(cls, directory: Path, seq: int, *, engine: VectorEngine = LOCAL_ENGINE) -> Self:
        """Map what `save` wrote."""
        store = Store.load(directory / STORE_DIR)
        if not (directory / MODEL_FILE).exists():
            return cls(store, None, None, seq, engine=engine)
        hybrid = HybridModel.load(directory / MODEL_FILE)
        terms = StoryTerms.load(directory, hybrid)
        index = engine.load(directory / INDEX_DIR, store, hybrid)
        return cls(store, hybrid, index, seq, terms, engine=engine)


def eligible(now: int, before: int | None = None) -> Filter:
    """Return the filter of what may be proposed: public at ``now``, linkable, published by ``before``."""
    public = (Field("visible_from") <= now) & (Field("visible_until") > now)
    public = (public & (Field("linkable") == 1)).kept()
    return public if before is None else public & of_past(before)


def of_past(before: int | None) -> Filter:
    """Return the filter of what was published by ``before`` (epoch seconds); of all stories by default."""
    return Field("num") >= 0 if before is None else Field("published") <= before
