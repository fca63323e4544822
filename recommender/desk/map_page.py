"""The page of the map: the archive as a picture by meaning, and as a list of clusters without a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from starlette.responses import Response

from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.errors import NotFoundError, RelatedError, shown
from recommender.service import problems
from recommender.story.link_policy import Standing, may_link
from recommender.story.story import Story
from recommender.story_map.projection import INSTALL, PLAIN
from recommender.story_map.story_map import Picture, StoryMap

LISTED = 40  # stories of a cluster on the page
LINKED = 100  # of one story that are drawn
_LONGEST = 9  # digits of a number in an address


@dataclass(frozen=True, slots=True)
class Chosen:
    """A story on the map, and the stories to which lines lead from it: its block, then its other links."""

    num: int
    story: Story
    block: Sequence[int]
    links: Sequence[int]


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the map, or that it is being made."""
    cluster, id = _number(visit, "cluster"), visit.asked("story")
    picture = await desk.read(_picture, desk)
    waiting = desk.story_map.is_being_made
    if picture is None and not waiting:
        picture = await desk.read(desk.story_map.picture)  # it was made meanwhile
    if picture is None or not len(picture.nums):
        failed = not waiting and await desk.read(desk.story_map.is_due)  # ended without one
        unable = failed and desk.newsroom.archive.catalog.read_only
        return desk.page(visit, "map.html", picture=None, waiting=waiting, failed=failed, unable=unable)
    chosen = await desk.read(_by_id, desk, picture, id) if id else None
    members = [] if cluster is None else await desk.read(_members, desk, picture, cluster)
    missing = id if chosen is None else ""
    return desk.page(
        visit, "map.html", 404 if missing else 200, picture=picture, chosen=chosen, missing=missing,
        cluster=cluster, members=members,
        legend=json.dumps(picture.to_dict()), waiting=desk.story_map.is_being_made,
        install=INSTALL if picture.method == PLAIN else "",
    )  # fmt: skip


async def points(desk: Desk, visit: Visit) -> Response:
    """Answer with all points, packed; or that those which the browser has are still right."""
    picture = await desk.read(_shown, desk.story_map)
    tag = f'"{picture.version}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if visit.request.headers.get("if-none-match", "").removeprefix("W/") == tag:
        return Response(status_code=304, headers=headers)
    return Response(picture.packed, headers=headers, media_type="application/octet-stream")


async def story(desk: Desk, visit: Visit) -> Response:
    """Show one story of the map, for a script to put beside it."""
    num = _number(visit, "num")
    picture = await desk.read(_shown, desk.story_map)
    chosen = await desk.read(_chosen, desk, picture, -1 if num is None else num)
    return desk.page(visit, "map_story.html", chosen=chosen)


def _picture(desk: Desk) -> Picture | None:
    desk.story_map.make_beside()
    return desk.story_map.picture()


def _shown(story_map: StoryMap) -> Picture:
    picture = story_map.picture()
    if picture is None:
        raise NotFoundError("the map is not made yet; look again in a while, or run: related map")
    return picture


def _number(visit: Visit, name: str) -> int | None:
    text = visit.asked(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST:
        raise problems.invalid(name, text, "is none", "follow a link of the desk")
    return int(text)


def _by_id(desk: Desk, picture: Picture, id: str) -> Chosen | None:
    """Return a story by its id or address, None where it is not on the map."""
    num = desk.newsroom.archive.catalog.nums_of([desk.newsroom.id_of(id)])
    try:
        return _chosen(desk, picture, next(iter(num.values()), -1))
    except NotFoundError:
        return None


def _chosen(desk: Desk, picture: Picture, num: int) -> Chosen:
    """Return a story that readers may see, with the stories on the map that it is linked to."""
    found = next(iter(_allowed(desk, picture, [num])), None)
    if found is None:
        raise NotFoundError(f"no story {shown(str(num))} is on the map now; load it again")
    catalog = desk.newsroom.archive.catalog
    links = catalog.links([num])
    linked = np.unique(np.concatenate([links.sources, links.targets]))[::-1]
    try:
        slots = desk.newsroom.block(found.id).slots
    except RelatedError:  # it was hidden just now, or its block cannot be made
        slots = ()
    by_id = catalog.nums_of([slot.story.id for slot in slots])
    chosen = _on_map(picture, [by_id[slot.story.id] for slot in slots if slot.story.id in by_id])
    block = [each for each in chosen if each != num]
    told = {num, *block}
    others = [each for each in _on_map(picture, linked.tolist()) if each not in told]
    return Chosen(num, found, block, others[:LINKED])


def _on_map(picture: Picture, nums: Sequence[int]) -> list[int]:
    """Return those that are on the map, in their order."""
    asked = np.array(nums, np.int64)
    found: list[int] = asked[np.isin(asked, picture.nums)].tolist()
    return found


def _members(desk: Desk, picture: Picture, label: int) -> list[Story]:
    """Return the newest stories of a cluster."""
    places = np.flatnonzero(picture.labels == label)
    newest = places[np.argsort(-picture.published[places], kind="stable")][:LISTED]
    return _allowed(desk, picture, picture.nums[newest].tolist())


def _allowed(desk: Desk, picture: Picture, nums: Sequence[int]) -> list[Story]:
    """Return those stories of the map that the link policy lets readers see now."""
    engine = desk.newsroom.engine
    rules, now = engine.settings.rules(), int(engine.clock())
    held = desk.newsroom.archive.catalog.by_nums(_on_map(picture, nums))
    some = (held[num] for num in nums if num in held)
    return [story for story in some if may_link(None, Standing.of(story), now, rules) is None]
