"""The command line: the same library, with exit codes, progress and JSON."""

from recommender.cli import (
    blocks,
    editing,
    lifecycle,
    questions,
    serving,
    stories,
    upkeep,
)  # importing a module registers its commands on `app`
from recommender.cli.app import app, main

__all__ = ["app", "blocks", "editing", "lifecycle", "main", "questions", "serving", "stories", "upkeep"]
