"""The page of a story: its block with all that is behind it, and what an editor can do to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import HTMLResponse, Response

from recommender.desk import safety
from recommender.desk.acts import Latest, Plan, latest, numbers_of, perform, plan_of, version_of
from recommender.desk.desk import Desk
from recommender.desk.explaining import Explained, explained, weight
from recommender.desk.page import Visit
from recommender.desk.rendering import environment, path_part
from recommender.desk.wording import N_, PLAIN, Words
from recommender.engine.block import Slot
from recommender.engine.render import stylesheet_version
from recommender.errors import HiddenError, RelatedError
from recommender.newsroom import Edited, EditorAct, EditorEvent, InspectedBlock
from recommender.service.request_parsing import path_id
from recommender.service.service import STYLESHEET
from recommender.story.story import Story

FOUND = 8  # stories that a search for one to add shows
COMES = N_("comes")
SCRIPTS = "related_desk_scripts"
"""The cookie by which `desk.js` says that it runs: it asks for what is behind a block after the page."""
LONGEST_SEARCH = 300  # characters


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What is on the page.

    Attributes
    ----------
    seen : InspectedBlock
        The block as it is.
    rows : list of Explained
        Its slots; while something is tried, as they would be.
    runners_up : list of Explained
        Who comes after them.
    version : str
        Of what editors did.
    trial : Edited or None
        What would be if what is planned were done.
    names : mapping of str to Story
        All stories that are named, by id.
    found : tuple of Story
        What a search for a story to add found.
    """

    seen: InspectedBlock
    rows: list[Explained]
    runners_up: list[Explained]
    version: str
    trial: Edited | None = None
    names: Mapping[str, Story] = field(default_factory=dict)
    found: tuple[Story, ...] = ()


def address(id: str) -> str:
    """Return where the page of a story is."""
    return f"/desk/stories/{path_part(id)}"


async def show(desk: Desk, visit: Visit) -> Response:
    """Show a story and its block; where the address says what to try, what would come of it."""
    id = path_id(visit.request, "id")
    plan = plan_of(visit.asked) if visit.asked("act") and visit.may("editor") else None
    later = SCRIPTS in visit.request.cookies and not any(map(visit.asked, ("whole", "part", "replace")))
    return await _page(desk, visit, id, plan, whole=not later)


async def act(desk: Desk, visit: Visit) -> Response:
    """Do what was tried, unless another editor changed the block meanwhile."""
    id, plan = path_id(visit.request, "id"), plan_of(visit.sent)
    done = await desk.write(_done, desk, id, plan, visit.sent("version"), visit.who.name)
    if isinstance(done, Latest):
        return await _page(desk, visit, id, plan, late=done)
    told = "undone" if plan.name == "undo" else "done"
    return desk.to(f"{address(id)}?{told}={','.join(map(str, done))}#block")


async def block(desk: Desk, visit: Visit) -> Response:
    """Show the block alone, the very markup that the public page has, for a frame of the story's page."""
    id = path_id(visit.request, "id")
    plan = plan_of(visit.asked) if visit.asked("act") and visit.may("editor") else None
    html = await desk.read(_block, desk, id, plan)
    page = (
        environment(desk.words(visit).tag).get_template("block_frame.html").render(html=html, look=desk.look)
    )
    inside = safety.policy(script_src="'none'", style_src="'self' 'unsafe-inline'", frame_ancestors="'self'")
    return HTMLResponse(page, headers={"content-security-policy": inside})


def _block(desk: Desk, id: str, plan: Plan | None) -> str:
    try:
        if plan is None:
            found = desk.newsroom.block(id, preview=True)
        else:
            found = desk.newsroom.rehearse(id, plan.acts, plan.undone).block
    except HiddenError:
        return ""
    return found.to_html(stylesheet_url=desk.service.root + STYLESHEET.format(version=stylesheet_version()))


def _done(desk: Desk, id: str, plan: Plan, version: str, by: str) -> list[int] | Latest:
    """Do what is planned; where an editor did something since the page was made, return that instead."""
    history = desk.newsroom.history(id)
    last = latest(history)
    if last is not None and version != version_of(history):
        return last
    return perform(desk.newsroom, id, plan, by)


async def _page(
    desk: Desk,
    visit: Visit,
    id: str,
    plan: Plan | None,
    late: Latest | None = None,
    *,
    whole: bool = True,
) -> Response:
    find, words = visit.asked("find")[:LONGEST_SEARCH].strip(), desk.words(visit)
    try:
        looked = await desk.read(_look, desk, id, plan, find, words, whole=whole)
    except RelatedError:
        if late is None:
            raise
        plan = None  # what the other editor did leaves nothing of it to do
        looked = await desk.read(_look, desk, id, plan, find, words)
    events = {event.num: event for event in looked.seen.history}
    effect = _effect(looked)
    return desk.page(
        visit,
        "story_behind.html" if visit.asked("part") == "behind" else "story.html",
        409 if late else 200,
        **vars(looked),
        story=looked.seen.story,
        at=address(looked.seen.story.id),
        plan=plan,
        effect=effect,
        coming={story.id for what, story, _ in effect if what == COMES},
        late=late,
        find=find,
        done=_named(visit.asked("done"), events),
        undone=_named(visit.asked("undone"), events),
        may_edit=visit.may("editor"),
        slots=desk.newsroom.settings.slots,
        replaced=_place(visit.asked("replace"), len(looked.rows)),
        now=desk.service.clock(),
        pins=_pins(looked.seen.history),
    )


def _pins(history: Sequence[EditorEvent]) -> Mapping[str, EditorEvent]:
    """Return who pinned the stories of a block, by their ids: the last act of each that stands."""
    standing = (event for event in history if event.act is EditorAct.PIN and event.undone_at is None)
    return {event.targets[0]: event for event in standing}


def _place(text: str, places: int) -> int:
    """Return which slot is to be replaced, as an address says it; 0 for none."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < len("10000") else 0
    return number if number <= places else 0


def _effect(looked: Looked) -> list[tuple[str, Story, int]]:
    """Return what would happen to stories of a block if what is tried were done: who comes, goes, moves.

    Of one that moves the place where it stands, and where it would stand; 0 of any other.
    """
    if looked.trial is None:
        return []
    before = {slot.story.id: slot for slot in looked.seen.block.slots}
    after = {slot.story.id: slot for slot in looked.trial.block.slots}
    effect = [(COMES, slot.story, 0) for id, slot in after.items() if id not in before]
    effect += [(N_("goes"), slot.story, 0) for id, slot in before.items() if id not in after]
    both = ((before[id].position, slot) for id, slot in after.items() if id in before)
    moved = [(str(old), slot.story, slot.position) for old, slot in both if old != slot.position]
    return effect + moved


def _named(text: str, events: Mapping[int, EditorEvent]) -> list[EditorEvent]:
    return [events[num] for num in numbers_of(text) if num in events]


def _look(
    desk: Desk, id: str, plan: Plan | None, find: str, words: Words = PLAIN, *, whole: bool = True
) -> Looked:
    newsroom = desk.newsroom
    seen = newsroom.inspect(id, whole=whole)
    trial = newsroom.rehearse(seen.story.id, plan.acts, plan.undone) if plan is not None else None
    shown = (trial.block if trial else seen.block).slots
    ids = {slot.story.id for slot in shown}
    later = tuple(slot for slot in seen.runners_up if slot.story.id not in ids)
    weights = [weight(chosen) for chosen in seen.carried.values()]
    most, least = max(weights, default=0.0), newsroom.settings.least_score
    style = newsroom.engine.page_style
    if len(shown) < newsroom.settings.slots:  # whoever comes next did not come by themselves
        least = 1.0
    return Looked(
        seen=seen,
        rows=explained(shown, seen.carried, seen.story, most, style, words=words),
        runners_up=explained(later, seen.carried, seen.story, most, style, least, words),
        version=version_of(seen.history),
        trial=trial,
        names=_names(desk, seen, shown, plan),
        found=_found(desk, find, seen.story.id) if find else (),
    )


def _names(desk: Desk, seen: InspectedBlock, shown: Sequence[Slot], plan: Plan | None) -> dict[str, Story]:
    """Return all stories that the page speaks of, by id."""
    stories = [slot.story for slot in (*seen.block.slots, *seen.runners_up, *shown)]
    names = dict(seen.named) | {story.id: story for story in stories}
    for id in (act.target for act in plan.acts) if plan else ():
        if id and id not in names and (held := desk.newsroom.archive.catalog.get(id)) is not None:
            names[id] = held[1]
    return names


def _found(desk: Desk, find: str, but: str) -> tuple[Story, ...]:
    if not any(character.isalnum() for character in find):
        return ()
    near = desk.newsroom.nearest(find, FOUND + 1)
    return tuple(story for story in near if story.id != but)[:FOUND]
