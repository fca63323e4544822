"""The text of Mobiledoc, the format in which editors before Lexical (Ghost up to 5) keep a body.

Knows the format (github.com/bustle/mobiledoc-kit, version 0.3), no system that keeps it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import msgspec

from recommender.ingest.rendering import render

_MARKUP, _LIST, _CARD = 1, 3, 10  # types of sections; a picture is 2
_ATOM = 1  # in a section of text, what is drawn by a program: a line break, as a rule
_TAGS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "aside", "pull-quote"})
_SECTION, _MARKER, _CARD_PARTS = 3, 4, 2  # entries


def mobiledoc(text: str) -> str:
    """Return a document as HTML; empty where it is none."""
    try:
        document = msgspec.json.decode(text or "null")
    except (msgspec.DecodeError, RecursionError):
        return ""
    if not isinstance(document, Mapping):
        return ""
    return "\n".join(_section(section, document) for section in _list(document.get("sections")))


def _section(section: object, document: Mapping[str, object]) -> str:
    kind, *parts = _list(section) or [None]
    if kind == _CARD:
        return _card(_entry(document.get("cards"), parts[0] if parts else None))
    if kind not in (_MARKUP, _LIST) or len(parts) < _SECTION - 1:
        return ""
    tag, content = str(parts[0]), _list(parts[1])
    if kind == _LIST:
        return f"<ul>{''.join(f'<li>{_markers(entry, document)}</li>' for entry in content)}</ul>"
    tag = tag if tag in _TAGS else "p"
    return f"<{tag}>{_markers(content, document)}</{tag}>"


def _markers(markers: object, document: Mapping[str, object]) -> str:
    """Return a run of text: each piece says which markups it opens, and how many it closes."""
    pieces, opened = [], []
    for marker in _list(markers):
        kind, opens, closes, value = (*_list(marker), None, None, None, None)[:_MARKER]
        for place in _list(opens):
            start, end = _tag(_entry(document.get("markups"), place))
            pieces.append(start)
            opened.append(end)
        pieces.append("<br>" if kind == _ATOM else html.escape(value) if isinstance(value, str) else "")
        for _ in range(min(closes, len(opened)) if isinstance(closes, int) else 0):
            pieces.append(opened.pop())
    return "".join([*pieces, *reversed(opened)])


def _tag(markup: object) -> tuple[str, str]:
    """Return what opens and what closes a markup: of those that carry meaning, a link alone."""
    name, attributes = (*_list(markup), None, None)[:2]
    values = _list(attributes)
    given = dict(zip(map(str, values[::2]), values[1::2], strict=False))
    return (
        (f'<a href="{html.escape(str(given["href"]))}">', "</a>")
        if name == "a" and "href" in given
        else ("", "")
    )


def _card(card: object) -> str:
    name, values = (*_list(card), None, None)[:_CARD_PARTS]
    if not isinstance(values, Mapping):
        return ""
    if name in ("markdown", "card-markdown"):
        return render(str(values.get("markdown", "")))
    return f"<div>{values['html']}</div>" if name == "html" and isinstance(values.get("html"), str) else ""


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _entry(values: object, place: object) -> object:
    entries = _list(values)
    return entries[place] if isinstance(place, int) and 0 <= place < len(entries) else None
