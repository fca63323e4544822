"""Stories of other archives in a block: what the titles of a group are told of each other, and no more.

One newsroom is the host, in whose block there is room. Others are homes: each proposes stories of its own,
and says of them at every answer whether it still lets them be linked to. Neither writes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import and_

import numpy as np

from recommender.analysis.encoded import Encoded
from recommender.analysis.languages import spoken_of
from recommender.archive.view import View, eligible
from recommender.catalog.marks import Marks
from recommender.engine import assembly
from recommender.engine.block import Block
from recommender.engine.engine import SPARE
from recommender.engine.question import ReadStory, slots_of
from recommender.engine.render import has_page
from recommender.engine.requested_filters import EVERYTHING
from recommender.engine.search_scope import Scope, by_language
from recommender.engine.selection import Search
from recommender.engine.steering import Wanted
from recommender.newsroom.guest_records import RESERVE, AsOf, Guest, Host, NameOf, Page, Proposal
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.state import NewsroomState
from recommender.ranking.copies import copies_of
from recommender.ranking.pool import Pool
from recommender.ranking.rarity import Rarities
from recommender.ranking.reader_text import ReaderText
from recommender.story.addresses import AddressRules, normal_url
from recommender.story.languages import language_of
from recommender.story.link_policy import Rules, may_link
from recommender.story.story import ALWAYS_UNTIL, Story


class Guests:
    """Guests of one newsroom, and its stories as guests of others. Threads share one."""

    def __init__(self, state: NewsroomState) -> None:
        self._state, self._rarities = state, Rarities()

    # As the host

    def host(self, block: Block, *, at_hand: bool) -> Host | None:
        """Return what has to be known for guests in a block; None where that is gone.

        With `at_hand`, nothing is read, and None is returned where something would have to be.
        """
        state = self._state
        if at_hand and not state.cache.is_current():
            return None
        context = state.context_at_hand() if at_hand else state.context()
        find = state.cache.story_at_hand if at_hand else context.find
        stories = [find(id) for id in (block.id or "", *ids_of(block))]
        found = [known for known in stories if known is not None]
        if len(found) < len(stories):
            return None
        known, *held = found
        decisions = context.decisions(known)
        taken = frozenset[str]().union(*(one.standing.addresses for one in held))
        source, rules = context.source(known, decisions), state.catalog.addresses()
        return Host(known, source, context, decisions.frozen is not None, taken, rules)

    def page(self, host: Host, block: Block) -> Page | None:
        """Return a story as homes are told of it; None where the index does not have it."""
        state, view = self._state, self._state.archive.catch_up()
        known, settings = host.known, state.settings
        if known.num not in view.store:
            return None
        held = (state.cache.story(id) for id in ids_of(block))
        nums = [one.num for one in held if one is not None and one.num in view.store]
        steering = host.context.steering.at(host.context.now)
        return Page(
            told=steering.untold(ReaderText.of(known.story)),
            standing=host.standing,
            text=steering.unlikened(view.store.item(known.num)),
            held=tuple(view.store.item(num) for num in nums),
            encoder=state.archive.encoder,
            rules=host.context.rules,
            least=settings.least_score,
            past_only=not settings.follow_ups,
            look=state.engine.page_style.beside(spoken_of(language_of(known.story).key)),
            addresses=host.addresses,
        )

    def has(self, id: str) -> bool:
        """Return whether a story of this archive has an id."""
        return self._state.cache.story(id) is not None

    # As a home

    def as_of(self) -> AsOf | None:
        """Return how far all has come; None where something was committed since the last look."""
        cache = self._state.cache
        return _as_of(cache.marks) if cache.is_current() else None

    def looked(self) -> AsOf:
        """Return how far stories and rules have come by now."""
        self._state.context()
        return _as_of(self._state.cache.marks)

    def propose(self, page: Page, most: int, name_of: NameOf) -> Proposal:
        """Return at most `most` stories for a host's block, and a few in reserve, past both link policies.

        Parameters
        ----------
        page : Page
            The story whose block it is.
        most : int
            How many.
        name_of : callable
            Returns how a story of an id here is called there.
        """
        state, as_of = self._state, self.looked()
        view, context = state.archive.catch_up(), state.context()
        if view.hybrid is None or not len(view.store.nums):
            return Proposal((), as_of)
        until = _next_public(view, context.now)
        if state.archive.encoder != page.encoder:
            return Proposal((), as_of, until, is_comparable=False)
        steering = context.steering.at(context.now)
        named = state.catalog.nums_of(steering.named) if steering.named else {}
        wanted, rules = Wanted(EVERYTHING, steering, named, context.now), _both(page.rules, context.rules)
        before = page.text.published if page.past_only else None
        where = reduce(and_, wanted.conditions(view.store), eligible(context.now, before))
        own, others = by_language(where, page.standing)
        scope = Scope(own, least=page.least, elsewhere=others if rules.any_language else None)
        most += RESERVE
        search = Search(
            source=steering.unlikened(page.text), scope=scope, most=slots_of(most) + SPARE, lifts=wanted.lifts
        )
        (chosen,) = state.engine.selector.choose(view, [search])
        known = state.cache.stories({num for pick in chosen for num in pick.versions})
        allowed = {num: known[num] for num in wanted.among(known) if has_page(known[num].story)}
        guests = {name_of(one.story.id): one for one in allowed.values()}
        slots = assembly.slots(
            page.standing,
            steering.untold(page.told),
            chosen,
            {num: _called(one, name_of(one.story.id), page.addresses) for num, one in allowed.items()},
            most,
            rules=rules,
            now=context.now,
            rarity=self._rarities.of(view.hybrid, page.told.language),
            look=page.look,
        )
        found = ((guests[slot.story.id], slot) for slot in slots)
        told = tuple(
            Guest(one.num, one.story.id, one.words, replace(slot, story=card_of(slot.story), timeline=()))
            for one, slot in found
        )
        return Proposal(told, as_of, until)

    def text(self, guest: Guest) -> Encoded | None:
        """Return a story as arrays; None where it is gone."""
        store = self._state.archive.view.store
        return store.item(guest.num) if guest.num in store else None

    def is_copy(self, guest: Guest, texts: Sequence[Encoded]) -> bool:
        """Return whether a story is the same as one of some texts of the same model, wherever they stand."""
        archive, view = self._state.archive, self._state.archive.view
        if view.hybrid is None or not texts:
            return False
        nums, declared = np.array([guest.num], np.int64), archive.translations.of(view)
        pool = Pool(
            texts[0],
            nums,
            view.store,
            view.hybrid,
            lengths=view.lengths,
            encoder=archive.encoder,
            declared=declared,
        )
        return any(bool(copies_of(pool, text)[0]) for text in texts)

    def shown(self, guest: Guest, host: Host, *, at_hand: bool) -> ReadStory | None:
        """Return a story as the block may show it at this moment, None where it may not.

        Raises
        ------
        LookupError
            When it would have to be read for that, and only what is `at_hand` may be looked at.
        """
        state = self._state
        if at_hand and not state.cache.is_current():
            raise LookupError(guest.id)
        context = state.context_at_hand() if at_hand else state.context()
        known = state.cache.story_at_hand(guest.id) if at_hand else context.find(guest.id)
        if known is None and at_hand:
            raise LookupError(guest.id)
        if known is None or known.words != guest.words or not has_page(known.story):
            return None
        called, theirs = _called(known, guest.slot.story.id, host.addresses), host.context
        refused = (
            may_link(None, known.standing, context.now, context.rules)
            or may_link(host.standing, called.standing, theirs.now, _both(theirs.rules, context.rules))
            or not context.steering.at(context.now).allows(known.story, context.now)
            or not theirs.steering.at(theirs.now).allows(called.story, theirs.now)
            or not called.standing.addresses.isdisjoint(host.held)
        )
        return None if refused else ReadStory(card_of(called.story), called.standing)


def ids_of(block: Block) -> list[str]:
    """Return the ids of all stories that stand in a block."""
    return [story.id for slot in block.slots for story in (slot.story, *slot.timeline)]


def card_of(story: Story) -> Story:
    """Return a story with nothing but what a link to it shows."""
    return Story(
        id=story.id,
        headline=story.headline,
        published=story.published,
        url=story.url,
        deck=story.deck,
        updated=story.updated,
        language=story.language,
        section=story.section,
        authors=story.authors,
        kind=story.kind,
        image=story.image,
        spoken=language_of(story),
    )


def _called(known: CachedStory, id: str, addresses: AddressRules) -> ReadStory:
    """Return a story under the name that it has with a host, with its addresses as the host reads them."""
    story, standing = known.story, known.standing
    urls = (story.url, story.canonical_url)
    read = frozenset(normal_url(url, rules=addresses) for url in urls if url)
    called = replace(standing, id=id, addresses=standing.addresses | read, successor=None)
    return ReadStory(replace(story, id=id), called)


def _both(one: Rules, other: Rules) -> Rules:
    """Return what a host's rules let stand in its block, of a home that lets its stories stand there."""
    return replace(one, any_language=one.any_language and other.any_language)


def _next_public(view: View, now: int) -> int:
    """Return when next a story becomes public, epoch seconds."""
    times = view.store.column("visible_from")[view.store.nums]
    return int(min(times[times > now], default=ALWAYS_UNTIL))


def _as_of(marks: Marks) -> AsOf:
    return marks.seq, marks.steering, marks.choice, marks.model
