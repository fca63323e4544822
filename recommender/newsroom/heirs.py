"""Who stands where a retracted story stood: its successor, in its old place. Makes no block."""

from __future__ import annotations

from recommender.catalog.block_records import BlockRow, SlotRow
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.layout import CachedStory


def with_heirs(
    rows: list[SlotRow], old: BlockRow | None, known: CachedStory, context: AnswerContext
) -> list[SlotRow]:
    """Return the rows, and in their old places those whose story was retracted and has a successor.

    Nothing is said there: what the engine says of the successor stands in the successor's own row, if any.
    """
    held, rows = {row.target for row in rows}, list(rows)
    for position, row in enumerate(old.slots if old else ()):
        found = context.find(row.target)
        if row.target in held or found is None or found.standing.successor is None:
            continue
        if context.stand_in(known.standing, row.target) is not None:
            rows.insert(position, SlotRow(row.target))
    return rows
