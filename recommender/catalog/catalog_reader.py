"""What a catalog is asked: stories, vectors, links, changes, settings, each answer as of one moment.

Knows nothing of embedding, indexes or ranking. See `reading.py` and `linking.py`, which ask the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from recommender.catalog import (
    linking,
    migrations,
    ordering,
    origins,
    reading,
    translations,
    values,
    writing,
)
from recommender.catalog.backends.statements import Question, in_lists, is_json, json_member
from recommender.catalog.database import Database
from recommender.catalog.records import (
    Change,
    Links,
    Model,
    Row,
    Statistics,
    Vectors,
)
from recommender.catalog.story_row import keys_of, references
from recommender.catalog.tables import story
from recommender.story.addresses import AddressRules, reference
from recommender.story.story import Story

if TYPE_CHECKING:
    from recommender.ingest.base import Origin as StoryOrigin

STREAM = 1000  # stories held in memory at once while all are read: about 20 MB with their vectors


class CatalogReader(Database):
    """A catalog, read."""

    _changes: tuple[tuple[int, int], list[Change]] | None = (
        None  # as of a version and a change: the last answer
    )

    def ask(
        self, question: Question, some: Iterable[object] | None = None, **others: object
    ) -> list[tuple[Any, ...]]:
        """Return the answer to one question as of one moment (see `Question.of`).

        One statement needs no transaction.
        """
        lists = [()] if some is None else list(in_lists(some, question.times))
        if len(lists) > 1:
            with self.snapshot() as connection:
                return question.of(connection, chain.from_iterable(lists), **others)
        self._check_readable()
        with self._backend.explained(), closing(self._engine.raw_connection()) as driver:
            dialect = self._engine.dialect
            return [row for each in lists for row in question.rows(driver, dialect, each, others)]

    def get(self, story_id: str) -> tuple[int, Story] | None:
        """Return a story and its num, or None."""
        return reading.named_one(story_id, self.ask(reading.BY_IDS, [story_id]))

    def by_url(self, url: str, now: float | None = None) -> tuple[int, Story] | None:
        """Return the story at an address, however spelt; its own address counts before a canonical one.

        Of several, the one that readers may see at `now` (epoch seconds), the newest first.
        """
        with self.snapshot() as connection:
            nums = linking.at_address(connection, reference(url, None, values.addresses(connection)), now)
            found = reading.by_nums(connection, nums)
        return next(((num, found[num]) for num in nums if num in found), None)

    def was_seen(self, num: int) -> bool:
        """Return whether readers saw a story before it was taken back."""
        with self.snapshot() as connection:
            return ordering.was_aired(connection, num)

    def address_seen(self, num: int, now: int) -> str | None:
        """Return the address at which readers have seen a story last, None where they have not."""
        with self.snapshot() as connection:
            return ordering.address_seen(connection, num, now)

    def deleted_at(self, story_id: str) -> int | None:
        """Return when a story was deleted (epoch seconds), as far as that is known; None if it was not."""
        with self.snapshot() as connection:
            return ordering.deleted_of(connection, [story_id]).get(story_id)

    def by_nums(self, nums: Collection[int]) -> dict[int, Story]:
        """Return the stories that are held, by num."""
        return reading.readable(self.ask(reading.BY_NUMS, nums)) if nums else {}

    def nums(self) -> list[int]:
        """Return the nums of all stories that are held, ascending."""
        with self.snapshot() as connection:
            return list(connection.execute(select(story.c.num).order_by(story.c.num)).scalars())

    def nums_of(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the num of each story that is held, by id."""
        return dict(self.ask(writing.NUMS, ids))

    def ids_of(self, nums: Iterable[int]) -> dict[int, str]:
        """Return the id of each story that is held, by num."""
        columns = select(story.c.num, story.c.id)
        with self.snapshot() as connection:
            return {
                num: id
                for some in in_lists(nums)
                for num, id in connection.execute(columns.where(story.c.num.in_(some)))
            }

    def named(self, references: Iterable[str]) -> dict[str, set[int]]:
        """Return the nums of all stories that each reference names: an id, or an address in normal form."""
        found: dict[str, set[int]] = {}
        for name, num in self.ask(linking.NAMED, set(references)):
            found.setdefault(name, set()).add(num)
        return found

    def content_hashes(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the content hash of each story that is held, by id."""
        return dict(self.ask(reading.CONTENT_HASHES, ids))

    def vectors_of(self, text_hashes: Iterable[str], model: str | None = None) -> dict[str, Vectors]:
        """Return the vectors, float16 (1 + chunks, d), of the texts that `model` has embedded."""
        with self.snapshot() as connection:
            return reading.vectors_of(connection, text_hashes, model or values.current_model(connection))

    def cards(self) -> list[tuple[int, str, str, str]]:
        """Return of all stories the num, headline, section and kind, by num; nothing of those damaged."""
        parts = (json_member(story.c.document, name) for name in ("headline", "section", "kind"))
        query = select(story.c.num, *parts).where(is_json(story.c.document))
        with self.snapshot() as connection:
            rows = connection.execute(query.order_by(story.c.num)).all()
        return [(num, *(str(part or "") for part in told)) for num, *told in rows]

    def rows(self, after_num: int = 0, batch: int = STREAM, model: str | None = None) -> Iterator[Row]:
        """Yield all stories with a num above `after_num`, by num, `batch` at a time.

        Each batch is a transaction of its own, so that a long walk does not keep the log from being folded.
        What is written meanwhile may be seen or not: take `last_seq` first and apply `changes` after it.
        """
        while True:
            with self.snapshot() as connection:
                model = model or values.current_model(connection)
                some = reading.rows(connection, story.c.num > after_num, model, batch)
            yield from some
            if len(some) < batch:
                return
            after_num = some[-1].num

    def rows_of(self, nums: Collection[int], model: str | None = None) -> Iterator[Row]:
        """Yield the stories of `nums` that are held, with their vectors."""
        for batch in in_lists(sorted(nums)):
            with self.snapshot() as connection:
                model = model or values.current_model(connection)
                some = reading.rows(connection, story.c.num.in_(batch), model, None)
            yield from some

    def origin(self, story_id: str) -> StoryOrigin | None:
        """Return where a story came from, or None where that is not known."""
        with self.snapshot() as connection:
            return origins.get(connection, [story_id]).get(story_id)

    def origins(self, story_ids: Collection[str]) -> dict[str, StoryOrigin]:
        """Return where stories came from, by id, as far as that is known."""
        with self.snapshot() as connection:
            return origins.get(connection, story_ids)

    def named_by(self, kind: str, id: str, type: str) -> list[str]:
        """Return the ids of the stories that a kind of CMS calls so: several sites may have some each."""
        with self.snapshot() as connection:
            return origins.named(connection, kind, id, type)

    def last_seq(self) -> int:
        """Return the number of the last change, 0 when there was none. Cheap while nothing is committed."""
        return self.marks().seq

    def changes(self, since: int, limit: int | None = None) -> list[Change]:
        """Return what changed after the change numbered `since`: the latest of each story, oldest first.

        `PUT` says that the story, its vectors or a link from or to it changed; `LINK` that links from it did;
        `REMOVE` that it is gone. A caller who applies them all is up to date as of the last one's `seq`.
        """
        if limit is not None:
            return reading.latest(self.ask(reading.FIRST_CHANGES, since=since, most=limit))
        as_of = (self.version(), since)
        held = self._changes
        if held is None or held[0] != as_of:  # all that follow a commit ask for the same, one after the other
            held = (as_of, reading.latest(self.ask(reading.CHANGES, since=since)))
            self._changes = held if len(held[1]) <= STREAM else None
        return list(held[1])

    def few_changes(self, since: int, most: int) -> list[Change] | None:
        """Return what changed after the change numbered `since`; None where more than `most` stories did."""
        if self.last_seq() - since > most and self.pending(since) > most:
            return None
        return self.changes(since)

    def pending(self, since: int) -> int:
        """Return how many stories changed after the change numbered `since`."""
        with self.snapshot() as connection:
            return reading.pending(connection, since)

    def links(self, nums: Collection[int] | None = None) -> Links:
        """Return the links between held stories: all, or those that start or end at `nums`."""
        with self.snapshot() as connection:
            return linking.links(connection, nums)

    def translations(self, nums: Collection[int] | None = None) -> NDArray[np.int64]:
        """Return which stories say that another is their translation; see `translations.pairs`."""
        with self.snapshot() as connection:
            return translations.pairs(connection, nums)

    def translations_if(self, one: Story, num: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return what would be said of translations if a story were as it is here, under a num.

        Returns
        -------
        nums : (1,) or (2,) int64
            `num`, and that of the version which is held.
        pairs : (2, m) int64
            Nums of who would say it, and of what they would say it: all about these.
        """
        with self.snapshot() as connection:
            rules = values.addresses(connection)
            held = writing.nums_of(connection, [one.id]).get(one.id, num)
            named = linking.targets_of(connection, translations.names_of(one, rules))
            known_as = references({"id": one.id, **keys_of(one, rules)}, rules)
            key = one.translation_key or ""
            said = translations.pairs_if(connection, named.values(), known_as, key, num, held)
            return np.unique(np.array([num, held], np.int64)), said

    def anchors(self) -> list[tuple[int, int, int, str, str]]:
        """Return the words of the links in texts; see `linking.anchors`."""
        with self.snapshot() as connection:
            return linking.anchors(connection)

    def setting(self, key: str, default: object = None) -> Any:  # noqa: ANN401 (any JSON)
        """Return the JSON value kept under `key`, or `default`."""
        with self.snapshot() as connection:
            return values.get(connection, key, default)

    def settings(self) -> dict[str, Any]:
        """Return all values that are kept, by key."""
        with self.snapshot() as connection:
            return values.every(connection)

    def addresses(self) -> AddressRules:
        """Return the archive's own rules for addresses, by which all keys that are held were made."""
        return values.as_addresses(self.marks().addresses)

    def model(self, weights_hash: str | None = None) -> Model | None:
        """Return what is known of a model, the current one by default; None when there is none."""
        with self.snapshot() as connection:
            return values.model(connection, weights_hash)

    def model_hash(self) -> str | None:
        """Return the hash of the current model, None when there is none. Cheap as `last_seq` is."""
        found: str | None = values.decoded(self.marks().model)
        return found

    def count(self) -> int:
        """Return how many stories are held."""
        with self.snapshot() as connection:
            return reading.count(connection)

    def statistics(self) -> Statistics:
        """Return the counts of what is held, all as of one moment."""
        with self.snapshot() as connection:
            version = migrations.version_of(connection, self._backend)
            current = values.current_model(connection)
            return reading.statistics(connection, current, version, self._backend.size(connection))

    def problems(self) -> list[str]:
        """Read all of it and return what is wrong with it; empty when it is sound."""
        with self.snapshot() as connection:
            return self._backend.problems(connection)
