"""The catalog: the truth about stories, vectors, links and settings, in one SQL database.

Knows nothing of embedding, indexes or ranking. Here it is written, see `writing.py` and `linking.py`;
`catalog_reader.py` has what it is asked, `database.py` how its file is opened and locked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recommender.catalog import keying, values, writing
from recommender.catalog.catalog_reader import CatalogReader
from recommender.catalog.origins import NO_ORIGINS
from recommender.catalog.origins import put as put_origins
from recommender.catalog.records import (
    Model,
    Op,
    Outcome,
    StoryEntry,
    Vectors,
)
from recommender.errors import ModelChangedError
from recommender.story.addresses import AddressRules
from recommender.story.story import Story

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from recommender.ingest.base import Origin as StoryOrigin


class Catalog(CatalogReader):
    """Stories, vectors, links and settings of one publisher. Use `Catalog.create` or `Catalog.open`.

    Any number of threads and processes may read and write one catalog at once. A method that writes is one
    transaction: when it returns, all of it is on the disk; when it raises, none of it is. Every method raises
    `ArchiveError` (disk full, damaged file) or `ArchiveBusyError` (another writer took too long).
    """

    def write(
        self,
        entries: Sequence[StoryEntry],
        now: float,
        model: str | None = None,
        *,
        undelete: bool = True,
        origins: Mapping[str, StoryOrigin] = NO_ORIGINS,
    ) -> list[Outcome]:
        """Write stories and their vectors in one transaction; return what became of each.

        Parameters
        ----------
        entries : sequence of StoryEntry
            May hold several versions of one story.
        now : float
            Epoch seconds, for the change log.
        model : str, optional
            Hash of the model that made the vectors, which has to be the current one; that one by default.
        undelete : bool
            Take stories that were deleted; else what became of them is `Outcome.DELETED`.
        origins : mapping of str to StoryOrigin
            Where they came from, by id, as far as that is known; more than those of `entries` do no harm.

        Raises
        ------
        ModelChangedError
            When the vectors are by another model than the current one.
        ValueError
            When the vectors' model was not recorded with `use_model`, or has another dimension.
        """
        with self.transaction() as connection:
            current = values.current_model(connection)
            if model is not None and model != current:
                raise ModelChangedError("the archive has moved to another model meanwhile; try again")
            outcomes = writing.write(connection, entries, current, int(now), undelete=undelete)
            ids = {entry.story.id for entry in entries}
            _put_origins(connection, {id: origin for id, origin in origins.items() if id in ids})
            return outcomes

    def amend(
        self, story_id: str, change: Callable[[Story], Story], now: float, named: Collection[str] = ()
    ) -> Outcome:
        """Change a held story (its status, say) by a function of it, as of `now`.

        What it changes of the story's standing (`overrides.STANDING`), and what is `named` of it, no version
        that is written undoes, whenever it was made.

        Raises
        ------
        NotFoundError
            When there is no such story.
        ValueError
            When the change gives it another id.
        """
        with self.transaction() as connection:
            return writing.amend(connection, story_id, change, now, named)

    def foretell(self, arriving: Story, *, undelete: bool = True) -> tuple[Outcome, Story]:
        """Return what `write` would say of a story, and what would be held; write nothing."""
        with self.snapshot() as connection:
            return writing.foretell(connection, arriving, undelete=undelete)

    def remove(self, ids: Sequence[str], now: float) -> list[str]:
        """Delete stories, their links and their vectors; return the ids that were held.

        Links to them wait for the story to come back. Their nums are never given to another story.
        """
        with self.transaction() as connection:
            return writing.remove(connection, ids, int(now))

    def put_vectors(self, vectors: Mapping[str, Vectors], model: str) -> None:
        """Store vectors, float16 (1 + chunks, d) by text hash, as when an archive moves to another model."""
        with self.transaction() as connection:
            writing.put_vectors(connection, vectors, model)

    def set_origins(self, found: Mapping[str, StoryOrigin]) -> None:
        """Keep where stories came from, by id; those that are not held are left out."""
        with self.transaction() as connection:
            _put_origins(connection, found)

    def set_setting(self, key: str, value: object) -> None:
        """Keep a JSON value under `key`."""
        with self.transaction() as connection:
            values.put(connection, key, value)

    def change_setting(self, key: str, change: Callable[[Any], object]) -> object:
        """Keep what a function makes of the JSON value under `key`, None at first; return it."""
        with self.transaction() as connection:
            value = change(values.get(connection, key))
            values.put(connection, key, value)
            return value

    def use_addresses(self, rules: AddressRules, now: float) -> int:
        """Make all keys of addresses anew by other rules, and keep these; return how many stories changed."""
        with self.transaction() as connection:
            before = values.addresses(connection)
            if rules == before:
                return 0
            values.put_addresses(connection, rules)
            changed = keying.key_anew(connection, rules, before)
            writing.log(connection, Op.PUT, changed, int(now))
            return len(changed)

    def use_model(self, model: Model, now: float) -> None:
        """Record where vectors come from, and make this the current model."""
        with self.transaction() as connection:
            values.use_model(connection, model, int(now))

    def know_model(self, model: Model, made: Mapping[str, object], now: float) -> None:
        """Record that vectors are made by `made` from here on; only looks where that is known."""
        with self.snapshot() as connection:
            if values.is_known(connection, model, made):
                return
        with self.transaction() as connection:
            values.know_model(connection, model, made, int(now))

    def begin_embedding(self, made: Mapping[str, object]) -> int:
        """Return the num up to which `made` has embedded all stories anew; 0 where it has not begun."""
        with self.transaction() as connection:
            return values.begin_embedding(connection, made)

    def embedded_again(self, vectors: Mapping[str, Vectors], model: str, upto: int, now: float) -> None:
        """Exchange vectors, by text hash, tell readers of their stories, and keep how far this came."""
        with self.transaction() as connection:
            writing.put_vectors(connection, vectors, model)
            writing.log(connection, Op.PUT, writing.nums_of_texts(connection, vectors), int(now))
            values.embedded_upto(connection, upto)

    def end_embedding(self, model: str, made: Mapping[str, object]) -> None:
        """Record that `made` has made all vectors of a model."""
        with self.transaction() as connection:
            values.end_embedding(connection, model, made)


def _put_origins(connection: Connection, found: Mapping[str, StoryOrigin]) -> None:
    if found:
        nums = writing.nums_of(connection, found)
        put_origins(connection, {num: found[id] for id, num in nums.items()})
