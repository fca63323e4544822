"""A block as HTML, JSON and text. Decides nothing about which stories stand in it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

import msgspec
from markupsafe import Markup

from recommender.analysis.wording import own_name
from recommender.engine.dates import day
from recommender.engine.excerpt import shortened, wrapped
from recommender.engine.page_style import LEAVE_OUT, PageStyle
from recommender.engine.templates import environment, rendered
from recommender.story.language_tags import tag_of
from recommender.story.languages import language_of
from recommender.story.link_policy import state
from recommender.story.story import Story
from recommender.story.text_safety import is_web_url
from recommender.story.timestamps import format_time

if TYPE_CHECKING:
    from recommender.engine.block import Block, Provenance, Slot, Title
    from recommender.ranking.passages import Passage

TEXT_WIDTH = 100
# What a page needs to show a link; never the body, nor what is between the desk and the engine.
_CARD_FIELDS = (
    "id",
    "url",
    "headline",
    "deck",
    "published",
    "updated",
    "language",
    "section",
    "kind",
    "authors",
    "image",
)


def to_dict(block: Block) -> dict[str, object]:
    """Return the block as JSON objects, with scores, reasons and provenance."""
    return {
        "id": block.id,
        "headline": block.headline,
        "slots": [_slot(slot) for slot in block.slots],
        "translations": [_translation(story) for story in block.translations],
        "provenance": _provenance(block.provenance),
    }


def to_json(block: Block) -> str:
    """Return `to_dict` as JSON text."""
    return msgspec.json.encode(to_dict(block)).decode()


def to_html(block: Block, *, styled: bool = False, stylesheet_url: str = "", beacon_url: str = "") -> str:
    """Return the block as an HTML fragment, empty when it has no slots.

    `styled` adds its style; `stylesheet_url` is the address of one, which the fragment then names, and
    `beacon_url` that of the script which counts what readers see.
    """
    style, slots = stylesheet() if styled else "", on_page(block)
    values = {"slots": slots, "style": style, "stylesheet_url": stylesheet_url, "beacon_url": ""}
    if beacon_url and block.id is not None:
        # Clicks on what is another title's are not counted here: the row is there, and has no name.
        rows = [None if slot.title else (slot.story.id, slot.position) for slot in slots]
        seen = msgspec.json.encode(rows).decode()
        values |= {"beacon_url": beacon_url, "source": block.id, "seen": seen, "compared": _compared(block)}
    return rendered("block.html", block.look, values)


def _compared(block: Block) -> str:
    """Return which settings put each slot there, as JSON, while readers' clicks compare two; else nothing."""
    if not block.comparison:
        return ""
    teams = {team: [slot.story.id for slot in block.slots if slot.team == team] for team in ("now", "tried")}
    return msgspec.json.encode({"num": block.comparison, **teams}).decode()


def on_page(block: Block) -> tuple[Slot, ...]:
    """Return the slots that a page shows: by default those that lead somewhere, where any does."""
    if block.look.unlinked != LEAVE_OUT:
        return block.slots
    linked = tuple(
        replace(slot, timeline=tuple(story for story in slot.timeline if has_page(story)))
        for slot in block.slots
        if has_page(slot.story)
    )
    return linked or block.slots


def has_page(story: Story) -> bool:
    """Return whether a link to a story leads anywhere."""
    return story.url is not None and is_web_url(story.url)


def stylesheet() -> Markup:
    """Return the style of blocks."""
    return _style("block.css")


@functools.cache
def stylesheet_version() -> str:
    """Return what changes when the style of blocks does: for an address that caches may keep for ever."""
    return hashlib.blake2b(stylesheet().encode(), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One story of a demonstration page: its block, and beside it the links that its editors chose."""

    story: Story
    block: Block
    reference: tuple[Story, ...]
    reference_title: str = "The editors' own choice"

    @property
    def positions(self) -> dict[str, int]:
        """Where each story of the block stands in it, by id."""
        return {slot.story.id: slot.position for slot in self.block.slots}


def page(title: str, exhibits: Sequence[Exhibit], *, intro: str = "") -> str:
    """Return a whole HTML page that shows blocks, with scores and reasons, beside the editors' own links."""
    return (
        environment("")
        .get_template("page.html")
        .render(
            title=title,
            intro=intro,
            exhibits=exhibits,
            style=_style("palette.css") + _style("page.css") + stylesheet(),
        )
        .lstrip()
    )


def to_text(block: Block, *, width: int = TEXT_WIDTH) -> str:
    """Return the block for a terminal, wrapped at `width` columns."""
    paragraphs = [block.look.heading, *(_slot_text(slot, block.look, width) for slot in block.slots)]
    if not block.slots:
        paragraphs.append(block.look.say("No related stories."))
    return "\n\n".join(paragraphs)


def card(story: Story) -> dict[str, object]:
    """Return the part of `story` that a link to it shows, as JSON objects."""
    values = story.to_json(str)
    if tag := tag_of(story):
        values["language"] = tag
    else:
        values.pop("language", None)
    return {name: values[name] for name in _CARD_FIELDS if name in values}


def _slot(slot: Slot) -> dict[str, object]:
    return {
        "position": slot.position,
        "story": card(slot.story),
        "score": slot.score,
        "role": slot.role,
        "reasons": list(slot.reasons),
        "timeline": [card(story) for story in slot.timeline],
        "pinned": slot.pinned,
        "fallback": slot.fallback,
        **({"language": slot.language} if slot.language else {}),
        **({"age_label": slot.age_label} if slot.age_label else {}),
        **({"passage": _passage(slot.passage)} if slot.passage else {}),
        **({"title": _title(slot.title)} if slot.title else {}),
    }


def _title(title: Title) -> dict[str, object]:
    return {"publisher": title.publisher, "id": title.id, "name": title.name, "address": title.address}


def _translation(story: Story) -> dict[str, object]:
    return {"id": story.id, "url": story.url, "headline": story.headline, "language": tag_of(story)}


def _passage(passage: Passage) -> dict[str, object]:
    return {"text": passage.text, "marks": [list(span) for span in passage.marks]}


def _provenance(provenance: Provenance) -> dict[str, object]:
    return {
        "model": provenance.model,
        "weights": provenance.weights,
        "generation": provenance.generation,
        "ranker": provenance.ranker,
        "settings": provenance.settings,
        "time": format_time(provenance.time),
    }


def _slot_text(slot: Slot, look: PageStyle, width: int) -> str:
    story, indent = slot.story, " " * 4
    spoken = own_name(slot.language) if slot.language else ""
    named = [slot.role, "pinned" if slot.pinned else "", "fallback" if slot.fallback else ""]
    marks = [look.say(name) for name in named if name]
    why = "; ".join([f"score {slot.score:.3f}", *filter(None, marks), *filter(None, [spoken]), *slot.reasons])
    caption = (story.image and story.image.caption) or ""
    other = f"{slot.title.name} {slot.title.address}".rstrip() if slot.title else ""
    lines = [
        (f"{slot.position:>2}. ", story.headline),
        (indent, shortened(story.deck, look.deck_length)),
        (f"{indent}picture: ", shortened(caption, look.deck_length)),
        (indent, f"{day(story.published, look.language, look.timezone)} {story.url or story.id}"),
        (f"{indent}from: ", other),
        (f"{indent}says: ", slot.passage.marked("*", "*") if slot.passage else ""),
        (f"{indent}why: ", why),
        *((f"{indent}also: ", other.headline) for other in slot.timeline),
    ]
    return "\n".join(
        wrapped(one_line(text), width, first=first, rest=indent) for first, text in lines if text
    )


def one_line(text: str) -> str:
    """Return a text as a terminal may show it: what is no character to be seen becomes a space."""
    return "".join(character if character.isprintable() else " " for character in text)


def story_text(story: Story, look: PageStyle, *, now: int, width: int = TEXT_WIDTH) -> str:
    """Return all of a story for a terminal as it stands at `now`, wrapped at `width` columns."""
    facts = {
        "id": story.id,
        "address": story.url,
        "published": day(story.published, look.language, look.timezone),
        "updated": story.updated and day(story.updated, look.language, look.timezone),
        "status": state(story, now),
        "expires": story.expires and format_time(story.expires),
        "successor": story.successor,
        "kind": story.kind,
        "language": _language(story),
        "section": story.section,
        "tags": ", ".join(story.tags),
        "authors": ", ".join(story.authors),
        "picture": story.image and (story.image.caption or story.image.url),
    }
    lines = [
        wrapped(f"{name}: {one_line(value)}", width, rest="  ", whole=True)
        for name, value in facts.items()
        if value
    ]
    body = [wrapped(one_line(part), width) for part in story.body.split("\n\n") if part.strip()]
    parts = [
        wrapped(one_line(story.headline), width),
        wrapped(one_line(story.deck), width),
        "\n".join(lines),
        *body,
    ]
    return "\n\n".join(part for part in parts if part)


def _language(story: Story) -> str:
    """Return the language of a story, and how it is known where nobody declared it."""
    found = language_of(story)
    if found.declared or not found.tag:
        return story.language or ""
    told = f"{found.tag} (detected, {found.confidence:.0%})"
    return told if story.language is None else f"{told}; declared as {story.language}"


@functools.cache
def _style(name: str) -> Markup:
    """Return one of our own stylesheets; no story's text ever goes into it."""
    return Markup(resources.files("recommender").joinpath("templates", name).read_text("utf-8"))
