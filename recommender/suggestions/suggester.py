"""The way of one draft, read from top to bottom: candidates, phrases, places, choice, link policy, reasons.

Knows no editor but by what is asked, and writes nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.languages import spoken_of
from recommender.analysis.phrases import Nums, Phrases
from recommender.archive.view import View, eligible
from recommender.engine.engine import Engine
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.engine.search_scope import Scope, spoken_alike
from recommender.engine.steering import NO_STEERING, Steering, Wanted, steered
from recommender.features.language_groups import languages_in
from recommender.ranking import candidates, features
from recommender.ranking.copies import copies_of
from recommender.ranking.link_history import LAG
from recommender.ranking.pool import Pool
from recommender.story.languages import language_of
from recommender.story.link_policy import Rules, Standing, may_link
from recommender.story.story import Story
from recommender.suggestions.anchor_book import AnchorBook
from recommender.suggestions.answer import AROUND, Suggestion, Suggestions
from recommender.suggestions.draft_phrases import DraftPhrases
from recommender.suggestions.places import NAMES, Places, places
from recommender.suggestions.reasons import reasons
from recommender.suggestions.weights import SuggestionWeights, shipped

LIKELY = 60
"""So many of the best stories are looked for in a draft, besides those that its phrases led to before."""

LEAST_PROBABILITY = 0.03
"""Below this no link is proposed unless it is asked for: three in a hundred of those were right."""

_LINE = re.compile(r"[^\n]+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")

PATIENCE = 20
"""The links' words are read anew after so many times as long as that takes: a twentieth of a core at most.

No answer depends on the delay: a link counts a fortnight after it was set.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftQuestion:
    """A draft that links are to be set in.

    Attributes
    ----------
    num : int
        Of the view, in which no reader finds it.
    story : Story
        The draft.
    source : Standing
        What the link policy reads of it, with what editors keep out of its block.
    headings : tuple of str
        Lines of its text on which no link is set.
    only : AnswerFilter
        What may be linked to besides, and how probable a link is at least.
    """

    num: int
    story: Story
    source: Standing
    headings: tuple[str, ...] = ()
    only: AnswerFilter = EVERYTHING


@dataclass(frozen=True, slots=True, eq=False)
class FoundPlaces:
    """What was looked at for one draft: where in the text, and which stories.

    Attributes
    ----------
    phrases : Phrases
    places : Places
    nums : (p,) int64
        Of the pool.
    stories : mapping of int to Story
        Those that were looked at, by num.
    """

    phrases: Phrases
    places: Places
    nums: Nums
    stories: Mapping[int, Story] = field(hash=False)


class Suggester:
    """Proposes links to set in drafts. Threads share one.

    Parameters
    ----------
    engine : Engine
        Proposes the stories.
    weights : SuggestionWeights, optional
        The shipped ones by default.
    """

    def __init__(self, engine: Engine, weights: SuggestionWeights | None = None) -> None:
        self._engine, self._archive = engine, engine.archive
        self._weights = weights or shipped()
        self._book: tuple[int, float, float, AnchorBook] | None = None

    def suggest(
        self,
        asked: DraftQuestion,
        k: int,
        *,
        rules: Rules,
        steering: Steering = NO_STEERING,
    ) -> Suggestions:
        """Return at most `k` links to set in a draft, the likeliest first.

        Parameters
        ----------
        asked : DraftQuestion
        k : int
        rules : Rules
        steering : Steering
            What the newsroom steers now.
        """
        found = self.places(asked, rules, steering)
        scores = self._weights.scores(found.places.rows)
        likely = self._weights.probabilities(scores)
        allowed = self._allowed(asked, found, rules)
        chosen: list[Suggestion] = []
        for place in one_each(found, scores, (likely >= asked.only.least(LEAST_PROBABILITY)) & allowed):
            chosen.append(_suggestion(asked.story, found, place, float(likely[place])))
            if len(chosen) == k:
                break
        return Suggestions(asked.story.body, tuple(chosen))

    def places(self, asked: DraftQuestion, rules: Rules, steering: Steering = NO_STEERING) -> FoundPlaces:
        """Return all places of a draft that are weighed: what weights are learned from."""
        view, now = self._archive.catch_up(), int(self._engine.clock())
        language = spoken_of(language_of(asked.story).key)
        phrases = Phrases.of(asked.story.body, language)
        none = FoundPlaces(phrases, Places.none(), np.zeros(0, np.int64), {})
        if view.hybrid is None or asked.num not in view.store or not len(phrases):
            return none
        source = steering.unlikened(view.store.item(asked.num))
        until = (now if source.published is None else source.published) - LAG
        idf = view.hybrid.idf
        free = _free(phrases, asked, language)
        draft = DraftPhrases(phrases, language, free, self._anchors(), until, idf["words"], idf["bigrams"])
        wanted = Wanted(asked.only, steering, self._archive.catalog.nums_of(steering.named), now)
        scope = self._scope(asked, rules, wanted, view)
        (near,) = self._engine.retriever.propose(view, [source], [scope])
        led = _passing(np.unique(draft.led[0]), scope, view)
        nums = candidates.united(near, led)
        if not len(nums):
            return none
        links, encoder = self._archive.link_graph(), self._archive.encoder
        pool = Pool(source, nums, view.store, view.hybrid, links, now, view.lengths, encoder)
        model = self._engine.model
        scores = model.contributions(features.matrix(pool, model.features), pool.known_links).sum(axis=1)
        lifts = wanted.lifts(view.store, nums)
        scores = scores if lifts is None else steered(scores, lifts)
        likely = _likely(pool, scores, led)
        stories = self._archive.catalog.by_nums(nums[likely].tolist())
        likely = likely[np.isin(nums[likely], list(stories))]
        headlines = [Phrases.of(stories[num].headline, language) for num in nums[likely].tolist()]
        return FoundPlaces(phrases, places(draft, pool, scores, likely, headlines), nums, stories)

    def _scope(self, asked: DraftQuestion, rules: Rules, wanted: Wanted, view: View) -> Scope:
        """Return what may be linked to: earlier stories that the draft does not link to yet."""
        source = asked.source
        apart = source.apart(rules) | source.named_in_text | wanted.only.without
        named = self._archive.catalog.named(apart)
        spoken = languages_in(view.store)
        declared = self._archive.translations.of(view)
        told = declared.of(asked.num, spoken, lambda nums: view.store.visible(nums, wanted.now))
        without = frozenset({asked.num, *told, *(num for nums in named.values() for num in nums)})
        earlier = eligible(wanted.now, int(asked.story.published.timestamp()))
        where = reduce(and_, wanted.conditions(view.store), earlier)
        return Scope(spoken_alike(where, source, rules), without)

    def read_anchors(self) -> AnchorBook:
        """Return the words of the links, read anew where that is due.

        It takes a second for a hundred thousand links: whoever holds the archive while a draft is tried calls
        it before, or writers of stories wait for it.
        """
        held, seq = self._book, self._archive.catch_up().seq
        if held is None or (held[0] != seq and time.monotonic() - held[1] > PATIENCE * held[2]):
            start = time.monotonic()
            book = AnchorBook.of(self._archive.catalog.anchors())
            done = time.monotonic()
            held = self._book = seq, done, done - start, book
        return held[3]

    def _anchors(self) -> AnchorBook:
        """Return the words of the links as they were last read."""
        return self.read_anchors() if self._book is None else self._book[3]

    def _allowed(self, asked: DraftQuestion, found: FoundPlaces, rules: Rules) -> NDArray[np.bool_]:
        """Return which places (n,) the link policy allows, as the stories are held now."""
        now, addresses = int(self._engine.clock()), self._archive.catalog.addresses()
        aside = self._archive.quarantine.reasons(list(found.stories))
        allowed = [
            num
            for num, story in found.stories.items()
            if asked.only.allows(story)
            and may_link(
                asked.source,
                Standing.of(story, set_aside=aside.get(num, ""), addresses=addresses),
                now,
                rules,
            )
            is None
        ]
        return np.isin(found.nums[found.places.stories], allowed)


def _passing(nums: Nums, scope: Scope, view: View) -> Nums:
    nums = nums[[num in view.store for num in nums.tolist()]] if len(nums) else nums
    return scope.first(nums[scope.passing(view.store, nums)], len(nums)) if len(nums) else nums


def _likely(pool: Pool, scores: NDArray[np.float32], led: Nums) -> Nums:
    """Return the positions of the stories that are looked for in the draft; none is the draft again."""
    best = np.argsort(-scores, kind="stable")[:LIKELY]
    likely = np.union1d(best, pool.positions(led))
    return np.asarray(likely[~copies_of(pool, pool.source)[likely]], np.int64)


def _free(phrases: Phrases, asked: DraftQuestion, language: str) -> NDArray[np.bool_]:
    """Return on which words (w,) of a draft a link may stand: on none of a heading or a link."""
    free = np.ones(len(phrases), np.bool_)
    codes, starts = phrases.codes, np.array([word.start for word in phrases.words])
    for anchor in filter(None, (link.anchor for link in asked.story.links)):
        sought = Phrases.of(anchor, language).codes
        for place in np.flatnonzero(codes == sought[0]).tolist() if len(sought) else ():
            if np.array_equal(codes[place : place + len(sought)], sought):
                free[place : place + len(sought)] = False
    headings = frozenset(asked.headings)
    for line in _LINE.finditer(phrases.text) if headings else ():
        if " ".join(line.group().split()) in headings:
            free[(starts >= line.start()) & (starts < line.end())] = False
    return free


def one_each(found: FoundPlaces, scores: NDArray[np.float64], meets: NDArray[np.bool_]) -> list[int]:
    """Return the best of the places (n,) that may be proposed: one a story, none over another."""
    free, linked = np.ones(len(found.phrases), np.bool_), set[int]()
    chosen = []
    some = found.places
    for place in np.argsort(-scores, kind="stable").tolist():
        story, words = int(some.stories[place]), slice(some.firsts[place], some.lasts[place] + 1)
        if meets[place] and story not in linked and free[words].all():
            linked.add(story)
            free[words] = False
            chosen.append(place)
    return chosen


def _suggestion(draft: Story, found: FoundPlaces, place: int, probability: float) -> Suggestion:
    text, some = draft.body, found.places
    start, end = found.phrases.span(int(some.firsts[place]), int(some.lasts[place]))
    story = found.stories[int(found.nums[some.stories[place]])]
    known = dict(zip(NAMES, some.rows[place].tolist(), strict=True))
    paragraphs = [gap.end() for gap in _BLANK_LINE.finditer(text, 0, start)]
    until = _BLANK_LINE.search(text, end)
    return Suggestion(
        phrase=text[start:end],
        start=start,
        end=end,
        paragraph=len(paragraphs),
        before=text[max(start - AROUND, paragraphs[-1] if paragraphs else 0) : start],
        after=text[end : min(end + AROUND, until.start() if until else len(text))],
        story=story,
        probability=probability,
        reasons=reasons(text[start:end], draft, story, known),
    )
