"""`python -m recommender` is the command `related`."""

from recommender.cli import program

program()
