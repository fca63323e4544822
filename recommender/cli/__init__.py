"""The command line: the same library, with exit codes, progress and JSON."""

from recommender.cli.beginning import uncollected

with uncollected():
    from recommender.cli.app import app, main, program

__all__ = ["app", "main", "program"]
