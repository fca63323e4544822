"""How stories get into the tables, in a transaction that the caller holds. Knows no files and locks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from recommender.catalog import linking, values
from recommender.catalog.backends.statements import Question, among, in_lists, upsert
from recommender.catalog.ordering import (
    HeldVersion,
    deleted_of,
    held_of,
    judge,
    note_aired,
    note_deleted,
    note_undeleted,
    put_overrides,
)
from recommender.catalog.overrides import Override, StandingFields
from recommender.catalog.reading import by_nums
from recommender.catalog.records import (
    Op,
    Outcome,
    StoryEntry,
    Vectors,
    revised,
    to_blob,
    vector_problem,
)
from recommender.catalog.story_row import references, row_of
from recommender.catalog.tables import bulk_refusal, change, refused, story, vector
from recommender.catalog.tables import set_aside as aside
from recommender.errors import ArchiveError, NotFoundError, shown
from recommender.story.hashes import content_hash, text_hash
from recommender.story.story import STANDING, Story

NUMS = Question(select(story.c.id, story.c.num).where(among(story.c.id)))
_NUMS_OF_TEXTS = Question(select(story.c.num, story.c.id).where(among(story.c.text_hash)))
_WITH_VECTORS = Question(
    select(vector.c.text_hash).where(vector.c.model == bindparam("of"), among(vector.c.text_hash))
)
_FORGET_VECTORS = delete(vector).where(
    among(vector.c.text_hash), ~exists().where(story.c.text_hash == vector.c.text_hash)
)
_TAKE_BACK = delete(aside).where(among(aside.c.num))
_NEEDLESS = delete(change).where(among(change.c.num))
_NEEDLESS_LINK = _NEEDLESS.where(change.c.op == Op.LINK)
_PUT_NEW, _LOG = insert(story), insert(change)
_PUT_OLD = update(story).where(story.c.num == bindparam("at_num"))


def write(
    connection: Connection,
    entries: Sequence[StoryEntry],
    model: str | None,
    at: int,
    *,
    undelete: bool = True,
) -> list[Outcome]:
    """Insert or replace stories, their vectors and text links, and log the changes.

    The version that was made last wins, by `updated`, else by `published`; of two of one time, the one
    that comes last. The same content again is left alone, unless it was set aside. What calls of their
    own have set of a story (see `overrides.py`) stays whatever is sent. A batch may hold more versions
    of one story. Without `undelete`, a story that was deleted stays so.
    """
    ids = {entry.story.id for entry in entries}
    held, gone = held_of(connection, ids), deleted_of(connection, ids)
    before = dict(held)
    outcomes: list[Outcome] = []
    winners: dict[str, Story] = {}
    problems: dict[str, str] = {}
    for entry in entries:
        key = entry.story.id
        if key in gone and not undelete:
            outcomes.append(Outcome.DELETED)
            continue
        outcome, made, state = judge(held.get(key), entry.story)
        held[key] = state
        if outcome.taken:
            winners[key], problems[key] = made, entry.problem
        outcomes.append(outcome)
    put(connection, [(winner, held[key]) for key, winner in winners.items()], at)
    said = {key: held[key] for key in before.keys() - winners.keys() if held[key] is not before[key]}
    put_overrides(connection, {one.num: one.override for one in said.values() if one.num and one.override})
    note_undeleted(connection, gone.keys() & winners.keys())
    nums = nums_of(connection, winners)
    take_back(connection, nums.values())
    set_aside(connection, {nums[key]: problem for key, problem in problems.items() if problem}, at)
    current = {state.text_hash for state in held.values()}
    brought = {text_hash(e.story): e.vectors for e in entries if e.vectors is not None}
    # A story that was held without vectors can be found from now on: readers have to be told.
    fresh = put_vectors(connection, {key: brought[key] for key in brought if key in current}, model)
    log(connection, Op.PUT, nums_of_texts(connection, fresh, winners), at)
    forget_vectors(connection, {before[key].text_hash for key in winners if key in before})
    return outcomes


def amend(
    connection: Connection,
    story_id: str,
    change_: Callable[[Story], Story],
    now: float,
    named: Collection[str] = (),
) -> Outcome:
    """Replace a held story by a function of it, as of `now` (epoch seconds).

    What it changes of the story's standing, and the fields of it that are `named`, stay whatever is sent.

    Raises
    ------
    NotFoundError
        When there is no such story.
    ArchiveError
        When its row is damaged.
    ValueError
        When the function returns a story with another id.
    """
    held = held_of(connection, [story_id]).get(story_id)
    if held is None or held.num is None:
        raise NotFoundError(f"no story {shown(story_id)}")
    found = by_nums(connection, [held.num])
    if held.num not in found:
        raise ArchiveError(f"story {shown(story_id)} cannot be read; send it again, or remove it")
    before = found[held.num]
    amended = change_(before)
    if amended.id != story_id:
        raise ValueError(f"an amendment may not change the id {story_id!r} to {amended.id!r}")
    own = held.override or Override(held.content_hash, StandingFields.of(before), StandingFields())
    differs = {name for name in STANDING if getattr(amended, name) != getattr(before, name)}
    own = own.setting(amended, {*named, *differs})
    content = content_hash(amended)
    state = HeldVersion(
        held.num, content, text_hash(amended), max(held.revised, revised(amended)), override=own
    )
    if content == held.content_hash:
        put_overrides(connection, {held.num: own})
        return Outcome.UNCHANGED
    put(connection, [(amended, state)], int(now))
    forget_vectors(connection, [held.text_hash])
    return Outcome.UPDATED


def foretell(connection: Connection, arriving: Story, *, undelete: bool = True) -> tuple[Outcome, Story]:
    """Return what would become of a story if it were written, and what would be held where it is taken."""
    if not undelete and deleted_of(connection, [arriving.id]):
        return Outcome.DELETED, arriving
    return judge(held_of(connection, [arriving.id]).get(arriving.id), arriving)[:2]


def put(connection: Connection, stories: Sequence[tuple[Story, HeldVersion]], at: int) -> None:
    """Insert or replace the rows of stories, each id once; their links and the change log follow."""
    rules = values.addresses(connection)
    rows = [row_of(one, state, rules) for one, state in stories]
    new = [row for row, (_, state) in zip(rows, stories, strict=True) if state.num is None]
    old = [row | {"at_num": state.num} for row, (_, state) in zip(rows, stories, strict=True) if state.num]
    if new:
        connection.execute(_PUT_NEW, [row | {"unmade": row["published"]} for row in new])
    if old:
        hidden = [row for row in old if not row["visible_from"] <= at < row["visible_until"]]
        note_aired(connection, [row["at_num"] for row in hidden], at)
        connection.execute(_PUT_OLD, old)
    put_overrides(
        connection, {state.num: state.override for _, state in stories if state.num and state.override}
    )
    nums = nums_of(connection, [one.id for one, _ in stories])
    log(connection, Op.PUT, list(nums.values()), at)
    linking.set_text_links(
        connection, [(nums[one.id], one) for one, _ in stories], {row["at_num"] for row in old}, rules
    )
    linking.resolve(connection, {nums[row["id"]]: references(row, rules) for row in rows})


def nums_of(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return the number of each story that is held."""
    return dict(NUMS.of(connection, ids))


def nums_of_texts(connection: Connection, text_hashes: Iterable[str], but: Container[str] = ()) -> list[int]:
    """Return the nums of the stories that have these texts, those with the ids `but` left out."""
    return [num for num, id in _NUMS_OF_TEXTS.of(connection, text_hashes) if id not in but]


def put_vectors(connection: Connection, vectors: Mapping[str, Vectors], model: str | None) -> set[str]:
    """Store the vectors of texts, by text hash; return those that had none.

    Raises
    ------
    ValueError
        When the model was not recorded, or the vectors are not as long as it says, or not finite.
    """
    if not vectors:
        return set()
    known = None if model is None else values.model(connection, model)
    if known is None:
        raise ValueError(f"vectors of the unknown model {model!r}: call use_model first")
    for key, value in vectors.items():
        if vector_problem(value, known.dimension):
            raise ValueError(f"vectors of text {key}: want finite (n, {known.dimension}), got {value.shape}")
    rows = [
        {"text_hash": key, "model": model, "rows": len(value), "data": to_blob(value)}
        for key, value in vectors.items()
    ]
    had = {text_hash for (text_hash,) in _WITH_VECTORS.of(connection, vectors, of=model)}
    connection.execute(upsert(connection, vector, "text_hash", "model"), rows)
    return set(vectors) - had


def forget_vectors(connection: Connection, text_hashes: Iterable[str]) -> None:
    """Delete the vectors of texts that no story has any more."""
    for some in in_lists(text_hashes):
        connection.execute(_FORGET_VECTORS, {"some": some})


def remove(connection: Connection, ids: Sequence[str], at: int) -> list[str]:
    """Delete stories with their links and vectors; return the ids that were held, in the order given.

    What was refused of them goes, too: it quotes them.
    """
    for named in in_lists(set(ids)):
        connection.execute(delete(refused).where(refused.c.story.in_(named)))
        connection.execute(delete(bulk_refusal).where(bulk_refusal.c.story.in_(named)))
    held = held_of(connection, set(ids))
    nums = [state.num for state in held.values() if state.num is not None]
    for some in in_lists(nums):
        connection.execute(delete(story).where(story.c.num.in_(some)))
    note_deleted(connection, held, at)
    forget_vectors(connection, {state.text_hash for state in held.values()})
    log(connection, Op.REMOVE, nums, at)
    return [key for key in dict.fromkeys(ids) if key in held]


def set_aside(connection: Connection, reasons: Mapping[int, str], at: int) -> None:
    """Set stories aside, by num; see `quarantine.py`."""
    if reasons:
        rows = [{"num": num, "reason": reason, "at": at} for num, reason in reasons.items()]
        connection.execute(upsert(connection, aside, "num"), rows)


def take_back(connection: Connection, nums: Iterable[int]) -> None:
    """Take stories back into use."""
    for some in in_lists(nums):
        connection.execute(_TAKE_BACK, {"some": some})


def log(connection: Connection, op: Op, nums: Sequence[int], at: int) -> None:
    """Append to the change log and drop what this makes needless to know.

    A reader acts on the last change of a story alone, so a later one replaces the earlier; only a change of
    links must not hide a change of the story itself.
    """
    for some in in_lists(nums):
        connection.execute(_NEEDLESS_LINK if op is Op.LINK else _NEEDLESS, {"some": some})
    if nums:
        connection.execute(_LOG, [{"num": num, "op": op.value, "at": at} for num in nums])
