"""What stories say their translations are, as of the view, brought up to date by the log of changes.

Knows not how far any of it is believed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from recommender.archive.view import View
from recommender.catalog import Catalog
from recommender.features.feature_store import Store
from recommender.ranking.declared_translations import DeclaredTranslations, Nums
from recommender.story.story import Story

MANY = 5000  # stories that changed, from which all is read instead of what is about them


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What is said, as of a change or later, of the stories of a store."""

    said: DeclaredTranslations
    store: Store
    seq: int


class _Tried(threading.local):
    """Which stories a thread tries, and all that would be said about them; None where it tries none."""

    changed: Nums = np.zeros(0, np.int64)
    said: Nums | None = None


class LiveTranslations:
    """What the stories of a catalog say. Threads share one; two that find it old both bring it up to date."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._held: _Held | None = None
        self._left: dict[int, list[int]] = {}
        self._tried = _Tried()

    @contextmanager
    def trying(self, story: Story, num: int) -> Iterator[None]:
        """Let a story, which the view holds as `num`, say what it would: to this thread alone."""
        self._tried.changed, self._tried.said = self._catalog.translations_if(story, num)
        try:
            yield
        finally:
            del self._tried.changed, self._tried.said

    def of(self, view: View) -> DeclaredTranslations:
        """Return what the stories of a view say."""
        held = self._held
        if held is None or held.store is not view.store or held.seq < view.seq:
            held = self._held = self._read(held, view.store, view.seq)
        tried = self._tried
        if tried.said is None:
            return held.said
        return held.said.with_changed(tried.changed, _of(tried.said, view.store))

    def around(self, view: View, num: int) -> list[int]:
        """Return whose translations may be others once a story changes, by what is said and was before."""
        found, tried, held = self.of(view).around(num), self._tried, self._held
        if tried.said is not None and held is not None and num in tried.changed:
            found += [beside for each in tried.changed.tolist() for beside in held.said.around(each)]
        return list(dict.fromkeys(found + self._left.get(num, [])))

    def _read(self, held: _Held | None, store: Store, seq: int) -> _Held:
        held = held if held is not None and held.store is store else None
        changes = None if held is None else self._catalog.few_changes(held.seq, MANY)
        if held is None or changes is None:
            self._left = {}
            return _Held(DeclaredTranslations.read(_of(self._catalog.translations(), store)), store, seq)
        changed = [change.num for change in changes]
        said = held.said.with_changed(
            np.array(changed, np.int64), _of(self._catalog.translations(changed), store)
        )
        if said is not held.said:
            left = {num: beside for num in changed if (beside := held.said.around(num))}
            self._left = {**self._left, **left} if len(self._left) < MANY else left
        return _Held(said, store, seq)


def _of(said: Nums, store: Store) -> Nums:
    """Return what is said of stories that the store may hold; another one is a change when it comes."""
    return said[:, (said < store.size).all(axis=0)]
