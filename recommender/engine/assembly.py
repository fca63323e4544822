"""From choices to slots of a block: the link policy, the version that is shown, reasons. Knows no archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recommender.analysis.wording import Wording
from recommender.engine.age import age_label
from recommender.engine.block import Slot
from recommender.engine.page_style import PageStyle
from recommender.engine.question import ChosenStory, HeldStory
from recommender.ranking.naming import Rarity
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import Role, Why, why
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
    return tuple(
        _slot(place, source, reader_text, pick, versions, rarity, look)
        for place, (pick, versions) in enumerate(filled, 1)
    )


def _slot(
    position: int,
    source: Standing | None,
    reader_text: ReaderText,
    pick: ChosenStory,
    versions: Sequence[Story],
    rarity: Rarity,
    look: PageStyle,
) -> Slot:
    story = versions[0]
    because = (
        _latest(story, look.say)
        if pick.fallback
        else why(reader_text, ReaderText.of(story), pick.signals, rarity, pick.related, look.say)
    )
    return Slot(
        position=position,
        story=story,
        score=pick.score,
        role=because.role,
        reasons=because.reasons,
        timeline=tuple(versions[1:]),
        fallback=pick.fallback,
        language=foreign_tag(story, source.language) if source else "",
        age_label=age_label(story.published, reader_text.published, look) if source else "",
    )


def _latest(story: Story, say: Wording) -> Why:
    """Return why a story is shown that is here for being new."""
    newest = "The latest in {section}" if story.section else "The latest"
    return Why(Role.NONE, (say(newest, section=story.section or ""),), ())
