"""What a body says and links to, be it plain text or HTML.

A plain body stays as it is, to the last white space. Of HTML come paragraphs with blank lines between them,
the addresses that it links to, those of related stories apart, and what was left out, in words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from recommender.story.content_type import ContentType
from recommender.story.markup import related, shortcodes
from recommender.story.markup.detection import Form, form_of
from recommender.story.markup.related import TextBlock
from recommender.story.text_safety import (
    decoded,
    is_web_url,
    markup_in,
    unbalanced_bidi,
    usual_path,
    without_bidi,
    without_forbidden,
    without_tags,
)

_NO_STORY = re.compile(
    r"\.(?:avif|bmp|gif|jpe?g|png|svg|tiff?|webp|css|js|mp3|mp4|m4a|mov|ogg|wav|webm|zip)$", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://\S+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


_FORMS = {ContentType.HTML: Form.HTML, ContentType.TEXT: Form.PLAIN}


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of a body: its address, whole, and the words that carry it."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Body:
    """What a body says.

    Parameters
    ----------
    text : str
        Its paragraphs.
    links, curated, listed : tuple of Anchor
        What its sentences link to; what blocks of related stories linked to, which are cut out of the text;
        what longer lists of them did.
    notes : tuple of str
        What it was taken for and what was left out, in words.
    """

    text: str
    links: tuple[Anchor, ...] = ()
    curated: tuple[Anchor, ...] = ()
    listed: tuple[Anchor, ...] = ()
    notes: tuple[str, ...] = ()


def read_body(text: str, content_type: ContentType = ContentType.AUTO, base: str | None = None) -> Body:
    """Read a body.

    Parameters
    ----------
    text : str
        As it was sent.
    content_type : ContentType
        What it is said to be.
    base : str or None
        The address of its page, which relative links begin from.
    """
    form = _FORMS.get(content_type) or form_of(text)
    if form is Form.PLAIN:
        return Body(text)
    if form is Form.REFERENCES:
        return Body(_safe(decoded(text)), notes=(_taken_for(form),))
    body = _read_html(decoded(text) if form is Form.ESCAPED else text, base)
    if content_type in _FORMS:  # that is known, and not told by what stands in it
        return body
    return replace(body, notes=(_taken_for(form), *body.notes))


def reads_as_markup(text: str) -> bool:
    """Tell whether a plain text would be taken for something else than plain text."""
    return form_of(text) is not Form.PLAIN


def _read_html(html: str, base: str | None) -> Body:
    dropped: Counter[str] = Counter()
    from recommender.story.markup.tree import blocks_of  # lxml: only where a body is HTML

    blocks = blocks_of(shortcodes.without(html, dropped), dropped)
    blocks, found = related.cut(blocks)
    dropped["blocks of related stories"] += found.blocks
    dropped["lists that no editor set"] += found.dropped
    blocks, cards = _without_cards(blocks)
    dropped["embeds"] += len(cards)
    links = [link for block in blocks for link in block.links] + cards
    notes = [f"left out: {what}" for what, count in dropped.items() if count]
    resolved, curated = _resolved(links, base, notes), _resolved(found.curated, base, notes)
    listed = _resolved(found.listed, base, notes)
    return Body(_safe(_joined(blocks)), resolved, curated, listed, tuple(dict.fromkeys(notes)))


def _without_cards(blocks: list[TextBlock]) -> tuple[list[TextBlock], list[tuple[str, str]]]:
    """Return the blocks without addresses that stand alone, and those: a site shows what is there."""
    kept, cards = [], []
    for block in blocks:
        if block.text.startswith(("http://", "https://")) and _ADDRESS.fullmatch(block.text):
            cards.append((block.text, ""))
        else:
            kept.append(block)
    return kept, cards


def _taken_for(form: Form) -> str:
    return f"body taken for {form.value}"


def _safe(text: str) -> str:
    """Return what came out of markup without what no text may hold: references can name any character."""
    text = without_forbidden(text)
    return without_bidi(text) if unbalanced_bidi(text, lone_closers=False) else text


def _joined(blocks: list[TextBlock]) -> str:
    """Return blocks as one text: a blank line between paragraphs, none between entries of a list."""
    if not any(block.row for block in blocks):
        return "\n\n".join([block.text for block in blocks])
    parts: list[str] = []
    for before, block in zip([None, *blocks], blocks, strict=False):
        if before is not None:
            parts.append("\n" if block.row and before.row else "\n\n")
        parts.append(block.text)
    return "".join(parts)


def _resolved(links: list[tuple[str, str]], base: str | None, notes: list[str]) -> tuple[Anchor, ...]:
    """Return the links whose addresses a story can have, whole, each once."""
    found: dict[str, Anchor] = {}
    for href, words in links:
        address = _absolute(href, base)
        if address is None:
            if not _SCHEME.match(href) and not href.startswith("#"):
                notes.append("left out: relative links of a story without an address")
        elif address not in found:
            found[address] = Anchor(address, without_tags(_safe(words)))
    return tuple(found.values())


def _absolute(href: str, base: str | None) -> str | None:
    """Return the address that a link leads to; None where no story can stand there."""
    if href.startswith("#"):
        return None
    if (path := usual_path(href)) is not None:
        return None if _NO_STORY.search(path) else href
    try:
        address = urljoin(base or "", href)
        path = urlsplit(address).path
    except ValueError:  # a torn host
        return None
    address = address.partition("#")[0].replace(" ", "%20")
    if not is_web_url(address) or markup_in(address) or _NO_STORY.search(path):
        return None
    return address
