"""How changes of blocks are printed: for a person, and for a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from recommender.cli.app import err, out
from recommender.newsroom import BlockChange, Published

MOST_NAMED = 10  # stories: more scroll the rest off the screen


def change_rows(changes: Sequence[BlockChange]) -> list[dict[str, object]]:
    """Return changes as JSON objects."""
    return [
        {
            "id": change.source,
            "url": change.url,
            "before": list(change.before),
            "after": list(change.after),
            "reason": change.reason,
        }
        for change in changes
    ]


def published_row(published: Published) -> dict[str, object]:
    """Return what became of a story as JSON objects: its block, and which others changed."""
    return published.block.to_dict() | {
        "outcome": published.outcome.value,
        "changed": change_rows(published.changed),
        "stale": published.stale,
        "dry_run": published.dry_run,
        "set_aside": published.set_aside,
        "taken": published.taken,
        "note": published.note,
    }


def print_set_aside(reasons: Mapping[str, str]) -> None:
    """Tell which stories are kept and not shown, and why: the first of them by id."""
    for id, reason in islice(reasons.items(), MOST_NAMED):
        err.print(f"story {id} is kept and not shown: {reason}; send a new version, or remove it")
    if len(reasons) > MOST_NAMED:
        err.print(
            f"{len(reasons) - MOST_NAMED:,} more are kept and not shown: `related status --json` names all"
        )


def print_changes(changes: Sequence[BlockChange], stale: int = 0, *, dry_run: bool = False) -> None:
    """Print which blocks changed, each with what came and what went."""
    done = "would change" if dry_run else "changed"
    wait = "would wait" if dry_run else "wait"
    left = f"; {stale} more {wait} for the worker or for: related refresh" if stale else ""
    out.print(f"{len(changes)} {'block' if len(changes) == 1 else 'blocks'} {done}{left}")
    for change in changes:
        came = [f"+{id}" for id in change.after if id not in change.before]
        went = [f"-{id}" for id in change.before if id not in change.after]
        out.print(f"  {change.url or change.source}: {' '.join(came + went) or 'another order'}")
