"""From choices to slots of a block: the link policy, the version that is shown, reasons. Knows no archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from recommender.analysis.wording import Wording
from recommender.engine.age import age_label
from recommender.engine.block import Slot
from recommender.engine.page_style import PageStyle
from recommender.engine.question import ChosenStory, HeldStory
from recommender.ranking.naming import Rarity
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import why
from recommender.story.language_tags import foreign_tag
from recommender.story.link_policy import Rules, Standing, may_link
from recommender.story.story import Story


def slots(
    source: Standing | None,
    reader_text: ReaderText,
    chosen_stories: Sequence[ChosenStory],
    held: Mapping[int, HeldStory],
    k: int,
    *,
    rules: Rules,
    now: int,
    rarity: Rarity,
    look: PageStyle,
) -> tuple[Slot, ...]:
    """Let picks through the link policy as they are held, and put the first ``k`` in slots.

    Parameters
    ----------
    source : Standing, optional
        Where the story stands whose block it is; None for a text.
    reader_text : ReaderText
        What that story, or the text, says.
    chosen_stories : sequence of ChosenStory
        Best first.
    held : mapping of int to HeldStory
        Their stories by num; one that is missing is not shown.
    k : int
    rules : Rules
    now : int
        Epoch seconds.
    rarity : callable
        See `why`.
    look : PageStyle
        In whose words reasons and labels are.
    """
    allowed = {
        num: held[num].story
        for pick in chosen_stories
        for num in pick.versions
        if num in held and may_link(source, held[num].standing, now, rules) is None
    }
    # Where the link policy refuses the version that would be shown, the next newest stands in.
    shown = [(pick, [allowed[num] for num in pick.versions if num in allowed]) for pick in chosen_stories]
    filled = [(pick, versions) for pick, versions in shown if versions][:k]
    found = (_slot(place, reader_text, *one, rarity, look.say) for place, one in enumerate(filled, 1))
    if source is None:
        return tuple(found)
    return tuple(
        replace(
            slot,
            language=foreign_tag(slot.story, source.language),
            age_label=age_label(slot.story.published, reader_text.published, look),
        )
        for slot in found
    )


def _slot(
    position: int,
    source: ReaderText,
    pick: ChosenStory,
    versions: Sequence[Story],
    rarity: Rarity,
    say: Wording,
) -> Slot:
    story = versions[0]
    if pick.fallback:
        newest = "The latest in {section}" if story.section else "The latest"
        reason = say(newest, section=story.section or "")
        return Slot(position=position, story=story, score=pick.score, reasons=(reason,), fallback=True)
    because = why(source, ReaderText.of(story), pick.signals, rarity, pick.related, say)
    return Slot(
        position=position,
        story=story,
        score=pick.score,
        role=because.role,
        reasons=because.reasons,
        timeline=tuple(versions[1:]),
    )
