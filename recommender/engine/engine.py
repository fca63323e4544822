"""The way of one question, read from top to bottom, hence the length: retrieve, rank, diversify, answer.

Knows no editor and keeps no block.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from operator import and_

import numpy as np

from index.filters import Field
from recommender.analysis.encoded import Encoded
from recommender.analysis.languages import ENGLISH
from recommender.analysis.words import encode_text
from recommender.archive.archive import Archive
from recommender.archive.click_appeals import LiveAppeal
from recommender.archive.learned_weights import WeightsFollower
from recommender.archive.view import View, eligible, of_past
from recommender.embedding import text_vectors
from recommender.engine.assembly import slots
from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.highlighting import highlighted
from recommender.engine.page_style import load_page_style
from recommender.engine.question import (
    NO_DRAFTS,
    BlockQuestion,
    ChosenStory,
    Clock,
    Drafts,
    HeldStory,
    Read,
    ReadStory,
    headline_and_rest,
    slots_of,
)
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.engine.retrieval import Retriever
from recommender.engine.search_scope import Scope, admitted, among, by_language
from recommender.engine.selection import Search, Selector
from recommender.engine.steering import NO_STEERING, Steering, Wanted
from recommender.engine.translated_stories import translations_of
from recommender.errors import TEXT_FAILURES, HiddenError, NotFoundError, QuestionError, failure, set_aside
from recommender.features.language_groups import languages_in
from recommender.ranking.appeal import Appeal
from recommender.ranking.declared_translations import Mask, Nums
from recommender.ranking.live_ranker import weights_in_use
from recommender.ranking.model import LinearModel
from recommender.ranking.rarity import Rarities
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.weights import Ranker
from recommender.settings import Settings
from recommender.story.addresses import EVERYWHERE, AddressRules
from recommender.story.link_policy import Rules, Standing, hidden_because, may_link
from recommender.story.story import Story

SPARE = 5  # picks beyond the slots, for those that the link policy refuses
TEXT_SLOTS = 10  # stories that a query by text returns: one screen of a terminal


class Engine:
    """What is related to a story or a text by the stories alone, whatever editors decided.

    Parameters
    ----------
    archive : Archive
        The stories.
    ranker : Ranker, optional
        The weights of the ranking; else those of the settings, the archive or the package, as they change.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, archive: Archive, ranker: Ranker | None = None, clock: Clock = time.time) -> None:
        self.archive, self.clock = archive, clock
        self.page_style = load_page_style(archive.path, archive.settings.zone)
        self.look = self.page_style.beside(ENGLISH)  # of what stands beside no story
        self._ranker = weights_in_use(archive.path, archive.settings.ranker, ranker, WeightsFollower(archive))
        self._appeal, self._rarities = LiveAppeal(archive.catalog), Rarities()
        self._choose_by(lambda: archive.settings)

    def _choose_by(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self.retriever = Retriever(settings, self.clock)
        self.selector = Selector(
            self.archive, self._ranker, self.retriever, settings, self.clock, lambda: self.appeal
        )

    def under(self, settings: Settings) -> Engine:
        """Return an engine of the same archive under other settings, for what is only tried."""
        other = copy(self)
        other._choose_by(lambda: settings)
        return other

    @property
    def settings(self) -> Settings:
        """The archive's settings as of now, or those that are tried."""
        return self._settings()

    @property
    def ranker(self) -> Ranker:
        """The weights as of now: what another process writes is taken up with the next question."""
        return self._ranker()

    @property
    def appeal(self) -> Appeal | None:
        """What readers' clicks add to scores as of now; None where they do not count."""
        return self._appeal.current() if self.settings.learn_clicks else None

    @property
    def model(self) -> LinearModel:
        """The weights alone."""
        return self.ranker.model

    # Questions

    def related(
        self, id: str, k: int | None = None, *, preview: bool = False, only: AnswerFilter = EVERYTHING
    ) -> Block:
        """Return what the stories alone make the block of a story.

        Parameters
        ----------
        id : str
            The story's id.
        k : int, optional
            Slots at most; the setting `slots` by default.
        preview : bool
            Answer for a story that is not public yet, too.
        only : AnswerFilter
            What is asked for.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        NotFoundError
            When the archive holds no such story.
        QuestionError
            When `k` is less than 1.
        """
        view = self.archive.catch_up()
        found = self.archive.catalog.get(id)
        if found is None or found[0] not in view.store:
            raise self._not_found(id, found)
        num, story = found
        rules, now = self.settings.rules(preview=preview), int(self.clock())
        addresses = self.archive.catalog.addresses()
        standing = Standing.of(story, addresses=addresses)
        if not standing.has_block(now, rules):
            raise HiddenError(id, hidden_because(story, now), gone=standing.gone(now))
        asked = BlockQuestion(num, standing, story.headline, self.settings.slots if k is None else k)

        def read(nums: Collection[int]) -> dict[int, HeldStory]:
            return self._read(set(nums) - {num}, addresses) | {num: ReadStory(story, standing)}

        (block,) = self.blocks_of(
            [asked], rules=rules, past_only=self.settings.past_only, read=read, only=only
        )
        return replace(block, translations=self._translations(num, standing, rules, now))

    def _translations(self, num: int, source: Standing, rules: Rules, now: int) -> tuple[Story, ...]:
        """Return the translations that the block of a story may name, newest first."""
        nums, told = translations_of(self.archive, num, eligible(now), now), rules.of_translations
        held = self._read(nums)
        found = (held[each] for each in nums if each in held)
        return tuple(one.story for one in found if may_link(source, one.standing, now, told) is None)

    def _not_found(self, id: str, held: tuple[int, Story] | None) -> NotFoundError:
        """Return the error for a story that is not held, or is held and not in use."""
        reason = held and self.archive.quarantine.reasons([held[0]]).get(held[0])
        if reason:
            return NotFoundError(set_aside(id, reason))
        words = f"no story {id!r} in {self.archive.path}; `related query TEXT` finds ids by text"
        return NotFoundError(words)

    def blocks_of(
        self,
        asked: Sequence[BlockQuestion],
        *,
        rules: Rules,
        past_only: bool,
        drafts: Drafts = NO_DRAFTS,
        read: Read | None = None,
        only: AnswerFilter = EVERYTHING,
        steering: Steering = NO_STEERING,
    ) -> list[Block]:
        """Return the engine's blocks of stories of the current view, each the same as it would be alone.

        They are searched for together and their stories are read together, which is cheaper the more alike
        the stories are.

        Parameters
        ----------
        asked : sequence of BlockQuestion
        rules : Rules
        past_only : bool
            Only stories that were published no later.
        drafts : mapping of int to Story or None
            Stories as they would be, candidates whatever the catalog holds.
        read : callable, optional
            Where held stories are read; the catalog by default.
        only : AnswerFilter
            What is asked for.
        steering : Steering
            What the newsroom steers now.
        """
        read = read or self._read
        wanted = self._wanted(only, steering)
        scopes = self._scopes(asked, rules, past_only, wanted, drafts)
        found = self._chosen(asked, scopes, wanted)
        held = dict(read(_nums_of(*found) | {one.num for one in asked}))
        addresses = self.archive.catalog.addresses() if drafts else EVERYWHERE
        drafted = {num: ReadStory.of(d, addresses) for num, d in drafts.items() if d is not None}
        held |= drafted
        shown = wanted.among(held)
        blocks = []
        for one, scope, chosen_stories in zip(asked, scopes, found, strict=True):
            own = held.get(one.num)
            told = ReaderText.of(own.story) if own else ReaderText.of_text(one.headline, "")
            told = steering.untold(told)
            block = self._block(one.source, told, chosen_stories, one.k, rules, shown)
            if len(block.slots) < one.k <= len(chosen_stories):  # the link policy refused some: look further
                (more,) = self._chosen([one], [scope], wanted, spare=SPARE)
                seen = wanted.among(dict(read(_nums_of(more))) | drafted)
                block = self._block(one.source, told, more, one.k, rules, seen)
            blocks.append(block)
        return blocks

    def examined(
        self,
        asked: BlockQuestion,
        *,
        shown: Collection[str],
        rules: Rules,
        past_only: bool,
        read: Read,
        steering: Steering = NO_STEERING,
    ) -> tuple[tuple[Slot, ...], Mapping[str, ChosenStory]]:
        """Return who would come next below a block, however improbable, and what speaks for each by id.

        Those below the least score come by their score alone: nobody of them comes by themselves.

        Parameters
        ----------
        asked : BlockQuestion
            Its `k` is how many come next at most.
        shown : collection of str
            Ids of those who stand in the block: what speaks for them is told, too.

        See `blocks_of` for the others.
        """
        wanted, least = self._wanted(AnswerFilter(least_score=0.0), steering), self.settings.least_score
        (scope,) = self._scopes([asked], rules, past_only, wanted)
        (found,) = self._chosen([replace(asked, k=asked.k + len(shown))], [scope], wanted, spare=SPARE)
        held = wanted.among(read(_nums_of(found) | {asked.num}))
        own, by_id = (
            held.get(asked.num),
            {held[pick.num].story.id: pick for pick in found if pick.num in held},
        )
        told = ReaderText.of(own.story) if own else ReaderText.of_text(asked.headline, "")
        rest = [pick for id, pick in by_id.items() if id not in shown]
        rest.sort(key=lambda pick: (pick.score < least, -pick.score if pick.score < least else 0))
        block = self._block(asked.source, steering.untold(told), rest, asked.k, rules, held)
        return block.slots, by_id

    def neighbours(self, num: int, most: int) -> list[int]:
        """Return the nums of the stories nearest to a story of the view, whether they may be shown or not."""
        view = self.archive.view
        if num not in view.store:
            return []
        near = view.nearest(view.store.item(num), most + 1, Field("num") >= 0)
        return [each for each in near.tolist() if each != num]

    def _wanted(self, only: AnswerFilter, steering: Steering = NO_STEERING) -> Wanted:
        named = self.archive.catalog.nums_of(steering.named) if steering.named else {}
        return Wanted(only, steering, named, int(self.clock()))

    def _scopes(
        self,
        asked: Sequence[BlockQuestion],
        rules: Rules,
        past_only: bool,
        wanted: Wanted,
        drafts: Drafts = NO_DRAFTS,
    ) -> list[Scope]:
        """Return what may come up for each: what the link policy would refuse anyway does not."""
        store, least = self.archive.view.store, wanted.only.least(self.settings.least_score)
        published = store.column("published")
        apart = [one.source.apart(rules) | wanted.only.without for one in asked]
        conditions = wanted.conditions(store)
        named = self.archive.catalog.named({name for names in apart for name in names})
        gone = [num for num, draft in drafts.items() if draft is None]
        tried = np.array([num for num, draft in drafts.items() if draft is not None], np.int64)
        declared, spoken = self.archive.translations.of(self.archive.view), languages_in(store)

        def seen(nums: Nums) -> Mask:
            return store.visible(nums, wanted.now) | among(nums, tried.tolist())

        scopes = []
        for one, names in zip(asked, apart, strict=True):
            before = int(published[one.num]) if past_only else None
            where = reduce(and_, conditions, eligible(wanted.now, before))
            without = frozenset({one.num, *gone, *(num for name in names for num in named.get(name, ()))})
            without |= frozenset(declared.of(one.num, spoken, seen))
            own, others = by_language(where, one.source)
            elsewhere = others if rules.any_language else None
            scope = Scope(own, without, least, elsewhere)
            if len(tried):
                whenever = by_language(reduce(and_, conditions, of_past(before)), one.source)
                here, there = (admitted(each, store, tried) for each in whenever)
                scope = replace(scope, drafts=here, drafts_elsewhere=there)
            scopes.append(scope)
        return scopes

    def _chosen(
        self,
        asked: Sequence[BlockQuestion],
        scopes: Sequence[Scope],
        wanted: Wanted,
        spare: int = 0,
    ) -> list[list[ChosenStory]]:
        """Return what may stand in each block, best first, `spare` more than are likely to be enough."""
        view, usual = self.archive.view, self.settings.least_score
        searches = [
            Search(
                source=wanted.steering.unlikened(view.store.item(one.num)),
                scope=scope,
                most=slots_of(one.k) + SPARE,
                enough=one.k + spare,
                lifts=wanted.lifts,
            )
            for one, scope in zip(asked, scopes, strict=True)
        ]
        found = self.selector.choose(view, searches)
        for search, chosen_stories in zip(searches, found, strict=True):
            if self.settings.fallback and search.scope.least <= usual:
                taken = search.scope.without | _nums_of(chosen_stories)
                rest = replace(search.scope, without=taken)
                chosen_stories += self.retriever.latest(view, search.source, search.most, rest)
        return found

    def _read(self, nums: Collection[int], addresses: AddressRules | None = None) -> dict[int, HeldStory]:
        """Return what the catalog holds now, read by rules for addresses, those of now by default."""
        stories = self.archive.catalog.by_nums(nums)
        rules = addresses or (self.archive.catalog.addresses() if stories else EVERYWHERE)
        return {num: ReadStory.of(story, rules) for num, story in stories.items()}

    def similar(
        self, text: str, k: int = TEXT_SLOTS, only: AnswerFilter = EVERYTHING, *, passages: bool = True
    ) -> Block:
        """Return the stories nearest to any text: a story without a date, its first line the headline.

        With `passages`, what in each bears on the text is told, which takes longer than finding them.

        Raises
        ------
        QuestionError
            When the text holds no word or cannot be read, or `k` is less than 1.
        """
        headline, rest = headline_and_rest(text)
        view, wanted = self.archive.catch_up(), self._wanted(only)
        source, scope = self._by_text(view, headline, rest, wanted)
        search = Search(source=source, scope=scope, most=slots_of(k) + SPARE)
        (chosen_stories,) = self.selector.choose(view, [search])
        held = wanted.among(self._read(_nums_of(chosen_stories)))
        asked = ReaderText.of_text(headline, rest)
        block = self._block(None, asked, chosen_stories, k, self.settings.rules(), held)
        if not passages:
            return block
        return highlighted(block, asked, source, self.archive, self._rarities.of(view.hybrid, asked.language))

    def nearest(
        self, text: str, k: int, only: AnswerFilter = EVERYTHING, read: Read | None = None
    ) -> list[Story]:
        """Return the public stories nearest to a text by meaning, neither ranked nor explained.

        It costs a fraction of `similar`, whose errors it raises. For `read` see `blocks_of`.
        """
        headline, rest = headline_and_rest(text)
        view, wanted = self.archive.catch_up(), self._wanted(only)
        source, scope = self._by_text(view, headline, rest, wanted)
        found = view.nearest(source, slots_of(k) + SPARE + len(scope.without), scope.where).tolist()
        nums = [num for num in found if num not in scope.without][: k + SPARE]
        held, rules, now = wanted.among((read or self._read)(nums)), self.settings.rules(), int(self.clock())
        near = (held[num] for num in nums if num in held)
        return [one.story for one in near if may_link(None, one.standing, now, rules) is None][:k]

    def _by_text(self, view: View, headline: str, rest: str, wanted: Wanted) -> tuple[Encoded, Scope]:
        """Return a text as it is searched for, and what may come up."""
        known = view.hybrid.languages.keys if view.hybrid else ()
        try:
            vectors = text_vectors(headline, rest, self.archive.embedder)
            source = encode_text(f"{headline}\n{rest}", vectors, known)
        except TEXT_FAILURES as error:
            raise QuestionError(f"{failure('the text cannot be read', error)}; give another") from error
        without = frozenset(self.archive.catalog.nums_of(wanted.only.without).values())
        where = reduce(and_, wanted.conditions(view.store), eligible(wanted.now))
        return source, Scope(where, without, wanted.only.least(0.0))

    def _block(
        self,
        source: Standing | None,
        told: ReaderText,
        chosen_stories: Sequence[ChosenStory],
        k: int,
        rules: Rules,
        held: Mapping[int, HeldStory],
    ) -> Block:
        now, rarity = int(self.clock()), self._rarities.of(self.archive.view.hybrid, told.language)
        look = self.page_style.beside(told.language)
        filled = slots(source, told, chosen_stories, held, k, rules=rules, now=now, rarity=rarity, look=look)
        id, made = source.id if source else None, self.provenance()
        return Block(id=id, headline=told.headline, slots=filled, provenance=made, look=look)

    def provenance(self) -> Provenance:
        """Return what makes blocks now."""
        model = self.archive.model
        return Provenance(
            model=model.name if model else "",
            weights=model.hash if model else "",
            generation=self.archive.generation,
            ranker=self.model.version,
            settings=self.settings.digest,
            time=datetime.fromtimestamp(int(self.clock()), UTC),
        )


def _nums_of(*found: Sequence[ChosenStory]) -> set[int]:
    """Return the nums of all that was chosen, whatever version is shown."""
    return {num for chosen_stories in found for pick in chosen_stories for num in pick.versions}
