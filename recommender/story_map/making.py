"""How a picture is made: all stories that readers may see, once for a lexical model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index import Check
from recommender.analysis.display_words import written_words
from recommender.analysis.languages import spoken_of
from recommender.analysis.words import term_id, tokens
from recommender.archive.archive import Archive
from recommender.archive.snapshots import ARCHIVE_ID
from recommender.archive.view import View, eligible
from recommender.features.hybrid_vectors import HybridModel
from recommender.story.languages import language_of
from recommender.story.story import Story
from recommender.story_map import clusters, projection
from recommender.story_map.layout import Layout, Term
from recommender.story_map.visible import Visible

Nums = NDArray[np.int64]

READ = 25  # stories of a cluster that are read for how its terms are written
HOLDERS = 50  # stories that are remembered for a term
NAMES = 6  # terms that are kept of a cluster: some may have to be left out later
LEAST_LETTERS = 3  # of a word that names a cluster


def make(archive: Archive, now: int, check: Check = lambda: None) -> Layout:
    """Return a picture of what readers may see at `now`."""
    view = archive.catch_up()
    nums = Visible().at(view, now)
    named: dict[str, object] = {
        "archive": str(archive.catalog.setting(ARCHIVE_ID)),
        "method": projection.method(),
        "seq": view.seq,
    }
    if view.hybrid is None or not len(nums):
        nothing = {"nums": nums[:0], "places": np.zeros((0, 2), np.float32), "clusters": nums[:0]}
        return Layout(**named, model="", **nothing, terms=())  # type: ignore[arg-type]
    vectors = view.hybrid.vectors(view.store, nums)
    check()
    places = projection.project(vectors, neighbours(view, vectors, nums, now, check), check)
    found = clusters.clusters(places)
    check()
    terms = _terms(archive, view, nums, places, found)
    model = view.hybrid.version
    return Layout(**named, model=model, nums=nums, places=places, clusters=found, terms=terms)  # type: ignore[arg-type]


def neighbours(
    view: View, vectors: NDArray[np.float32], nums: Nums, now: int, check: Check = lambda: None
) -> Nums:
    """Return for each of `nums` (n,) the positions of its nearest others (n, k), again where they are few."""
    count = min(projection.NEIGHBOURS, len(nums) - 1)
    found = np.zeros((len(nums), max(count, 0)), np.int64)
    if view.index is None or count < 1:
        return found
    block = 1024
    for start in range(0, len(nums), block):
        check()
        for row, hits in enumerate(
            view.index.search(vectors[start : start + block], count + 1, eligible(now)), start
        ):
            near = np.searchsorted(nums, hits.ids)
            near = near[(near < len(nums)) & (near != row)]
            near = near[np.isin(nums[near], hits.ids)][:count]
            found[row] = np.resize(near, count) if len(near) else (row + 1) % len(nums)
    return found


def _terms(
    archive: Archive, view: View, nums: Nums, places: NDArray[np.float32], labels: Nums
) -> tuple[tuple[Term, ...], ...]:
    """Return what names each cluster: its telling terms as its stories write them."""
    rows, count = view.store.terms("words", nums), int(labels.max(initial=-1)) + 1
    of_story = np.repeat(np.arange(len(nums)), np.diff(rows.offsets))
    named = []
    for label, ids in enumerate(clusters.telling_terms(rows, labels, count)):
        members = np.flatnonzero(labels == label)
        middle = np.median(places[members], axis=0)
        central = members[np.argsort(((places[members] - middle) ** 2).sum(1), kind="stable")[:READ]]
        written = _written(list(archive.catalog.by_nums(nums[central].tolist()).values()), ids.tolist())
        among = np.isin(of_story, members)
        terms = []
        for id in [id for id in ids.tolist() if id in written][:NAMES]:
            holders = nums[np.unique(of_story[among & (rows.ids == id)])[:HOLDERS]]
            terms.append(Term(written[id], id, holders))
        named.append(tuple(terms))
    return tuple(named)


def _written(stories: Sequence[Story], ids: Sequence[int]) -> dict[int, str]:
    """Return how terms are written in stories most often, by id; in the middle of a sentence, if anywhere."""
    wanted, forms = set(ids), dict[int, Counter[str]]()
    for story in stories:
        language = spoken_of(language_of(story).key)
        for word in written_words(f"{story.headline}. {story.text}", language):
            terms = tokens(word, language)
            if (
                len(terms) == 1
                and len(word) >= LEAST_LETTERS
                and (id := term_id(terms[0], language)) in wanted
            ):
                forms.setdefault(id, Counter())[word] += 1
    return {id: some.most_common(1)[0][0] for id, some in forms.items()}


def is_of(layout: Layout, archive: Archive, hybrid: HybridModel) -> bool:
    """Return whether a picture is of an archive under its present lexical model."""
    return layout.model == hybrid.version and layout.archive == str(archive.catalog.setting(ARCHIVE_ID))


def is_coarse(layout: Layout, stories: int) -> bool:
    """Return whether a picture of so many stories would be made better here than that one was."""
    better = layout.method == projection.PLAIN and projection.method() != projection.PLAIN
    return better and stories >= projection.LEAST
