"""Weights that follow an archive's links by themselves: learned, tried, watched, given up. Knows no doors.

Each look does what is due: where stories with links came after the weights in use, these are held against
the shipped ones (`guard`); where there are a fifth more links or ratings than at the last attempt, it learns
anew.
"""

from __future__ import annotations

import logging

import numpy as np

from index.storage.background import Check
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.weights_journal import SHIPPED, Attempt, Guard, Journal, Version, later, now
from recommender.catalog.ratings import RatingsTable
from recommender.engine.engine import Engine
from recommender.errors import RankerError
from recommender.evaluation import guard
from recommender.evaluation.rated import RatedSlots, rated_slots
from recommender.evaluation.trial import agreement
from recommender.evaluation.tuning import anchors_of, labelled, masked, right_of, tuned, unhurried
from recommender.ranking.training import LEAST_LINKS, teachable
from recommender.ranking.weights import parse, shipped

MOST = 1000
"""So many stories with links teach, the newest: some 100 MB, and what the newsroom does now."""

LEAST_RATINGS = 100
"""From so many ratings on, a day's sheet, weights are learned anew; then with each fifth more."""

log = logging.getLogger("related.learning")


class Learner:
    """Keeps the weights of one archive in step with its links.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._archive = engine, engine.archive
        self._learned = LearnedWeights(engine.archive)
        self._looked: tuple[int, int, int] | None = None  # how many links and ratings, which version
        self._found: tuple[int, Journal] | None = None  # as of a version of the catalog
        self._held: tuple[int, RatedSlots] | None = None  # as of the newest rating

    def look(self, check: Check = unhurried) -> Journal:
        """Do what is due, and return what is known then.

        Parameters
        ----------
        check : callable
            Called between pieces of the work; may wait, or raise to end it.
        """
        version = (
            self._archive.catalog.version()
        )  # first: what is committed from here on is for the next look
        if self._found is None or self._found[0] != version:
            self._found = version, self._look(check)
        return self._found[1]

    def _look(self, check: Check) -> Journal:
        self._archive.catch_up()
        links, journal = self._links(), self._learned.journal()
        rated = self._rated()
        if self._engine.settings.ranker or (links, rated.count, journal.current) == self._looked:
            return journal  # the operator has chosen, or nothing has come
        if journal.in_use is not None:
            journal = self._watched(journal, journal.in_use, check)
        if links >= max(LEAST_LINKS, journal.learned_at) or _rated_enough(links, rated, journal):
            self._learn(links, rated.count, check)
            journal = self._learned.journal()
        self._looked = links, rated.count, journal.current
        return journal

    def _rated(self) -> RatedSlots:
        """Return what editors said, read anew where they said more: all of it, so not after each commit."""
        newest = RatingsTable(self._archive.catalog).newest()
        if self._held is None or self._held[0] != newest:
            self._held = newest, rated_slots(self._archive)
        return self._held[1]

    def _links(self) -> int:
        return self._archive.link_graph().to_earlier

    def _learn(self, links: int, rated: int, check: Check) -> None:
        try:
            found = tuned(self._engine, most=MOST, check=check)
        except RankerError as error:  # most links are of long lists, or the stories are not candidates
            self._learned.lost(Attempt(now(), links, False, {"problem": str(error)}, rated))
            return
        figures = found.trial.figures()
        outcome = "won" if found.trial.won else "did not win"
        told = (links, outcome, figures["difference"], figures["held_out"])
        log.info("weights learned from %d links %s: nDCG@5 %+.3f on the newest %d stories", *told)
        if found.went_back:
            log.warning("the learned weights did not win again: the shipped ones are in use")
        if found.path:
            log.info("earlier links count for %.0f %%, and new weights are in use", 100 * found.history)

    def _watched(self, journal: Journal, held: Version, check: Check) -> Journal:
        """Hold the weights in use against the shipped ones on what came since; go back where they lose."""
        own, start = parse(held.text, "the weights in use"), shipped()
        if not teachable(own.model):
            return journal
        seen = max(journal.guard.newest, held.newest)
        graph, right = right_of(self._engine, MOST, after=seen)
        if not right:
            return journal
        asked = masked(self._engine, right, anchors_of(self._engine, right, None), check)
        questions = [each for each in labelled(self._engine, graph, right, asked, check) if each.is_chosen]
        gains = agreement(questions, own) - agreement(questions, start)
        published = self._archive.view.store.column("published")
        found = Guard(
            guard.bet(journal.guard.bets, gains),
            journal.guard.questions + len(gains),
            journal.guard.gained + float(gains.sum()),
            int(np.max(published[list(right)])),
        )
        if not guard.lost(found.bets):
            return self._learned.guarded(found, held.number)
        why = f"on {found.questions} newer stories nDCG@5 was {found.gained / found.questions:+.3f}"
        log.warning("the learned weights do worse than the shipped ones, which are in use again: %s", why)
        return self._learned.go_back(self._links(), why, of=held.number, to=SHIPPED)


def _rated_enough(links: int, rated: RatedSlots, journal: Journal) -> bool:
    last = journal.attempt.rated if journal.attempt else 0
    return rated.count >= max(LEAST_RATINGS, later(last)) and links + rated.chosen_count >= LEAST_LINKS
