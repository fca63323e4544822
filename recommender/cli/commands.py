"""Which module has which command. One command imports its own module alone: a cold question is quick."""

from __future__ import annotations

import importlib

from recommender.cli.beginning import uncollected

MODULES: dict[str, tuple[str, ...]] = {
    "stories": ("init", "publish", "remove"),
    "importing": ("add", "import"),
    "bulk": ("bulk",),
    "following": ("follow",),
    "questions": ("show", "query", "translations"),
    "suggesting": ("suggest",),
    "stored_stories": ("get", "list"),
    "threads": ("threads",),
    "map": ("map",),
    "blocks": ("blocks",),
    "exporting": ("export",),
    "pushing": ("push",),
    "editing": (
        "pin",
        "unpin",
        "exclude",
        "include",
        "freeze",
        "unfreeze",
        "import-block",
        "undo",
        "history",
    ),
    "steering": ("steer",),
    "choosing": ("choose",),
    "comparing": ("compare",),
    "ratings": ("ratings",),
    "clicks": ("clicks",),
    "lifecycle": ("withdraw", "restore", "merge", "refresh", "purges"),
    "upkeep": ("status", "rebuild", "reembed", "tune", "evaluate"),
    "operating": ("backup", "upgrade", "settings"),
    "migrating": ("migrate",),
    "doctor": ("doctor",),
    "serving": ("serve", "work", "keys", "webhooks"),
    "vectors": ("vectors",),
    "people": ("desk", "people"),
    "audit": ("audit",),
}


ASKING = MODULES["questions"]
"""Commands after which nothing is left to be done."""


def register(command: str | None = None) -> None:
    """Import the module of a command, which puts it on `app`.

    Parameters
    ----------
    command : str, optional
        Name of one command; all commands where it is missing or names none, so that help and the answer to
        a misspelt command know every one.
    """
    having = [module for module, names in MODULES.items() if command in names]
    with uncollected():
        for module in having or MODULES:
            importlib.import_module(f"recommender.cli.{module}")
