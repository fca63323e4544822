"""Stories that are held and set aside: something that reads them fails, so no reader is shown them.

It is kept in the catalog, not found out anew by each process: it is written in the transaction that keeps
the story, every process and command then knows of it without reading the story, and an archive that is opened
does not try again what failed before. The price: a version of this package that would do better has to be
told to try, which is what a rebuild does. Knows nothing of what fails, and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import and_, bindparam, exists, select

from recommender.catalog import reading, values, writing
from recommender.catalog.backends.statements import Question, among, in_lists
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import Op, Row, from_blob, from_document, vector_problem
from recommender.catalog.tables import change, set_aside, story, vector
from recommender.errors import ArchiveError
from recommender.story.story import Story

_REASONS = Question(select(set_aside.c.num, set_aside.c.reason).where(among(set_aside.c.num)))
_TOLD = select(story.c.num, story.c.document, set_aside.c.reason).select_from(story.outerjoin(set_aside))
_BY_NUMS, _BY_IDS = Question(_TOLD.where(among(story.c.num))), Question(_TOLD.where(among(story.c.id)))
_EMBEDDED = and_(vector.c.text_hash == story.c.text_hash, vector.c.model == bindparam("of"))
_READ = Question(
    select(story.c.num, story.c.document, set_aside.c.reason, vector.c.rows, vector.c.data)
    .select_from(story.outerjoin(set_aside).outerjoin(vector, _EMBEDDED))
    .where(among(story.c.num))
    .order_by(story.c.num)
)


class SetAside(NamedTuple):
    """A story that is set aside, and why."""

    num: int
    id: str
    reason: str


class Told(NamedTuple):
    """A story that is held, and why it is set aside; "" where it is not."""

    num: int
    story: Story
    set_aside: str


@dataclass(slots=True)
class Read:
    """What became of stories that were to be read.

    Attributes
    ----------
    rows : list of Row
        Those that can be read, by num.
    aside : list of int
        Nums of those that are set aside.
    damaged : dict of int to str
        What is wrong with the rows that cannot be read, by num.
    """

    rows: list[Row] = field(default_factory=list)
    aside: list[int] = field(default_factory=list)
    damaged: dict[int, str] = field(default_factory=dict)


class Quarantine:
    """What is set aside in one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self, since: int = 0) -> list[SetAside]:
        """Return what is set aside, by num; with `since`, what was changed after that change."""
        query = select(story.c.num, story.c.id, set_aside.c.reason).join(set_aside).order_by(story.c.num)
        if since:
            query = query.where(exists().where(change.c.num == story.c.num, change.c.seq > since))
        with self._catalog.snapshot() as connection:
            return [SetAside(*row) for row in connection.execute(query)]

    def by_nums(self, nums: Collection[int]) -> list[Told]:
        """Return the stories of `nums` that are held, set aside or not, without those that are damaged."""
        return self._told(_BY_NUMS, nums)

    def by_ids(self, ids: Collection[str]) -> list[Told]:
        """Return the stories that are called so, as `by_nums` does."""
        return self._told(_BY_IDS, ids)

    def _told(self, question: Question, names: Collection[object]) -> list[Told]:
        rows = self._catalog.ask(question, names)
        found = reading.readable((num, document) for num, document, _ in rows)
        return [Told(num, found[num], reason or "") for num, _, reason in rows if num in found]

    def reasons(self, nums: Collection[int]) -> dict[int, str]:
        """Return why those of `nums` are set aside that are, by num."""
        return dict(self._catalog.ask(_REASONS, nums))

    def read(self, nums: Collection[int], model: str | None = None) -> Read:
        """Return the stories of `nums` that are held and in use, with their vectors by a model.

        That is the current one, where none is named by its hash. A story that is damaged is no reason to
        fail: it is told beside the others.
        """
        found = Read()
        with self._catalog.snapshot() as connection:
            known = values.model(connection, model)
            hash, dimension = (known.hash, known.dimension) if known else (None, 0)
            for num, document, reason, rows, data in _READ.of(connection, sorted(nums), of=hash):
                if reason is not None:
                    found.aside.append(num)
                    continue
                try:
                    found.rows.append(_row(num, document, rows, data, dimension))
                except ArchiveError as error:
                    found.damaged[num] = str(error)
        return found

    def add(self, reasons: Mapping[int, str], seq: int, now: float) -> list[int]:
        """Set stories aside, by num, but those that were changed after the change `seq`; return which.

        They are logged as changed, so that every process forgets what it knows of them.
        """
        if not reasons:
            return []
        unchanged = ~exists().where(change.c.num == story.c.num, change.c.seq > seq)
        with self._catalog.transaction() as connection:
            held = [
                num
                for some in in_lists(reasons)
                for num in connection.execute(
                    select(story.c.num).where(story.c.num.in_(some), unchanged)
                ).scalars()
            ]
            writing.set_aside(connection, {num: reasons[num] for num in held}, int(now))
            writing.log(connection, Op.PUT, held, int(now))
        return held

    def lift(self, nums: Sequence[int], now: float) -> None:
        """Take stories back into use."""
        with self._catalog.transaction() as connection:
            writing.take_back(connection, nums)
            writing.log(connection, Op.PUT, nums, int(now))


def _row(num: int, document: str, rows: int | None, data: bytes | None, dimension: int) -> Row:
    """Return a story with its vectors; raise `ArchiveError` when one of them is damaged."""
    if data is None or rows is None:
        return Row(num, from_document(document), None)
    vectors = from_blob(data, rows)
    if problem := vector_problem(vectors, dimension):
        raise ArchiveError(problem)
    return Row(num, from_document(document), vectors)
