"""From picks to the slots of a block: the gate, the version that is shown, the reasons. Knows no archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender.block import Slot
from recommender.picks import Held, Pick
from recommender.publish import Rules, Standing, may_link
from recommender.ranking.naming import Rarity
from recommender.ranking.reasons import why
from recommender.ranking.told import Told
from recommender.story import Story


def slots(
    source: Standing | None,
    told: Told,
    picks: Sequence[Pick],
    held: Mapping[int, Held],
    k: int,
    *,
    rules: Rules,
    now: int,
    rarity: Rarity,
) -> tuple[Slot, ...]:
    """Let picks through the gate as they are held, and put the first ``k`` in slots.

    Parameters
    ----------
    source : Standing, optional
        Where the story stands whose block it is; None for a text.
    told : Told
        What that story, or the text, says.
    picks : sequence of Pick
        Best first.
    held : mapping of int to Held
        Their stories by num; one that is missing is not shown.
    k : int
    rules : Rules
    now : int
        Epoch seconds.
    rarity : callable
        See `why`.
    """
    allowed = {
        num: held[num].story
        for pick in picks
        for num in pick.versions
        if num in held and may_link(source, held[num].standing, now, rules) is None
    }
    # Where the gate refuses the version that would be shown, the next newest stands in.
    shown = [(pick, [allowed[num] for num in pick.versions if num in allowed]) for pick in picks]
    filled = [(pick, versions) for pick, versions in shown if versions][:k]
    return tuple(_slot(place, told, *one, rarity) for place, one in enumerate(filled, 1))


def _slot(position: int, source: Told, pick: Pick, versions: Sequence[Story], rarity: Rarity) -> Slot:
    story = versions[0]
    if pick.fallback:
        reason = f"The latest in {story.section}" if story.section else "The latest"
        return Slot(position=position, story=story, score=pick.score, reasons=(reason,), fallback=True)
    because = why(source, Told.of(story), pick.signals, rarity, pick.related)
    return Slot(
        position=position,
        story=story,
        score=pick.score,
        role=because.role,
        reasons=because.reasons,
        timeline=tuple(versions[1:]),
    )
