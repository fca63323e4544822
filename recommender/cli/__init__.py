"""The command line: the same library, with exit codes, progress and JSON."""

import gc

from recommender.cli.beginning import uncollected

with uncollected():
    from recommender.cli.app import app, main, program

    gc.freeze()  # what is imported stays: the first look for garbage, a hundredth of a query, would find none

__all__ = ["app", "main", "program"]
