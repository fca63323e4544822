"""A catalog's move from one embedding model to another: both have vectors until the new one has them all.

Which model is current is one setting: it is exchanged in the transaction that finds no story without vectors
by the new one. Knows nothing of embedding.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, select

from recommender.catalog import values, writing
from recommender.catalog.backends.statements import in_lists
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import Model, Op, Vectors
from recommender.catalog.tables import set_aside, story, vector

MOVING = "moving_to"  # a setting: the hash of the model that is moved to


class Standing(NamedTuple):
    """How far a move has come: to which model, how many stories have its vectors, and of how many."""

    model: Model
    done: int
    stories: int


class ModelMove:
    """The move of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def begin(self, model: Model, made: Mapping[str, object], now: float) -> None:
        """Note that the archive moves to a model; vectors by it that are held already are kept.

        One that was moved to before is given up for it.
        """
        with self._catalog.transaction() as connection:
            values.note_model(connection, model, made, int(now))
            values.put(connection, MOVING, model.hash)

    def standing(self) -> Standing | None:
        """Return how far the move has come, or None where the archive stays."""
        with self._catalog.snapshot() as connection:
            hash = values.get(connection, MOVING)
            model = None if hash is None else values.model(connection, hash)
            if model is None:
                return None
            all_ = connection.execute(select(func.count()).select_from(story).where(_in_use())).scalar_one()
            lacking = connection.execute(select(func.count()).select_from(_lacking(hash).subquery()))
            return Standing(model, all_ - lacking.scalar_one(), all_)

    def lacking(self, hash: str, after: int, most: int) -> list[int]:
        """Return the nums of stories that have no vectors by a model, at most so many, from a num on."""
        with self._catalog.snapshot() as connection:
            query = _lacking(hash).where(story.c.num > after).limit(most)
            return list(connection.execute(query).scalars())

    def embedded(self, vectors: Mapping[str, Vectors], hash: str) -> None:
        """Keep vectors by the model, float16 (1 + chunks, d) by text hash; those of no story are left out."""
        with self._catalog.transaction() as connection:
            held = {
                key
                for some in in_lists(vectors)
                for key in connection.execute(
                    select(story.c.text_hash).where(story.c.text_hash.in_(some))
                ).scalars()
            }
            writing.put_vectors(connection, {key: vectors[key] for key in held}, hash)

    def complete(self, hash: str, problems: Mapping[int, str], now: float) -> bool:
        """Make a model the current one if all stories have its vectors; return whether they have.

        Parameters
        ----------
        hash : str
            The model.
        problems : mapping of int to str
            What fails with stories that cannot have any, by num: they are set aside.
        now : float
            Epoch seconds.
        """
        with self._catalog.transaction() as connection:
            lacking = set(connection.execute(_lacking(hash)).scalars())
            if lacking - problems.keys():
                return False
            writing.set_aside(connection, {num: problems[num] for num in lacking}, int(now))
            values.put_current_model(connection, hash)
            values.forget(connection, MOVING)
            # All stories have other vectors; one is enough to make every reader look.
            first = connection.execute(select(func.min(story.c.num))).scalar()
            writing.log(connection, Op.PUT, [*lacking, *([first] if first is not None else [])], int(now))
            return True

    def stay(self) -> None:
        """Give up a move."""
        with self._catalog.transaction() as connection:
            values.forget(connection, MOVING)

    def forget_others(self, hash: str, most: int) -> int:
        """Delete vectors by other models than one, at most so many; return how many."""
        with self._catalog.transaction() as connection:
            others = select(vector.c.text_hash, vector.c.model).where(vector.c.model != hash).limit(most)
            found = connection.execute(others).all()
            for model in {row.model for row in found}:
                texts = [row.text_hash for row in found if row.model == model]
                for some in in_lists(texts):
                    of_model = and_(vector.c.model == model, vector.c.text_hash.in_(some))
                    connection.execute(delete(vector).where(of_model))
            return len(found)


def _in_use() -> ColumnElement[bool]:
    return ~exists().where(set_aside.c.num == story.c.num)


def _lacking(hash: str) -> Select[int]:
    embedded = exists().where(vector.c.text_hash == story.c.text_hash, vector.c.model == hash)
    return select(story.c.num).where(_in_use(), ~embedded).order_by(story.c.num)
