"""The blocks of an HTML text: its paragraphs in order, their links, and what is no text left out.

Walks libxml2's tree once, without recursion. Knows tags and class names, not what a story is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from recommender.story.markup.furniture import furniture_of
from recommender.story.markup.related import TextBlock


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS = _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary "
    "table tbody tfoot thead tr ul"
)
_IN_ROWS = frozenset({"div", "p"})
_ROWS = frozenset({"li", "tr", "dt", "dd"})
# In these blank lines part paragraphs, as WordPress writes them.
_LOOSE = _names("article body div html main section blockquote")
_GONE = _names(
    "applet area audio base button canvas datalist del embed figcaption frame frameset head iframe input "
    "link map math meta nav noembed noframes noscript object option param progress rp rt script select "
    "source style svg template textarea title track video"
)
_PICTURES = frozenset({"img", "picture", "amp-img"})
_NO_TEXT = _GONE | _PICTURES
_CELLS = frozenset({"td", "th"})
_EMBEDS = _names("iframe video audio object embed amp-youtube amp-iframe amp-twitter")


_ODD = r"\t\n\r\f\v\xa0\u2000-\u200a\u202f\u205f\u3000"  # white space but the space itself
# All white space but a lone space: most of a text is parted by those, and stays as it is.
_SPACE = re.compile(rf"[{_ODD}][ {_ODD}]*| [ {_ODD}]+")
_BLANK_LINE = re.compile(r"\n[ \t\r\xa0]*\n")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\xad]")
_CELL = " | "
_DEPTH_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")


def blocks_of(html: str, dropped: Counter[str]) -> list[TextBlock]:
    """Return the blocks of an HTML text; what was dropped is counted in `dropped`."""
    root = tree_of(html)
    if root is None:
        dropped["nested too deeply to be read as HTML: only its text was kept"] += 1
        return [TextBlock(text) for text in _flat(html)]
    return _Walk(dropped).walk(root)


def tree_of(html: str) -> etree._Element | None:
    """Return the tree of a text, whatever it is; None where it is too deep for one."""
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    # In an element of its own, else the parser puts paragraphs around text that stands by itself.
    root = etree.fromstring(f"<div>{html}</div>".encode(), parser)
    too_deep = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    return None if too_deep or root is None else root


def _flat(html: str) -> Iterator[str]:
    """Yield the paragraphs of a text without any of its tags."""
    text = _DEPTH_TAG.sub(lambda tag: "\n\n" if tag[2].lower() in _BLOCKS else "", html)
    yield from (flat for part in _BLANK_LINE.split(text) if (flat := _collapsed(part)))


class _Around(NamedTuple):
    """A block that is open: whether blank lines part paragraphs in it, and whether it is a row."""

    loose: bool
    row: bool


_OUTSIDE = _Around(loose=True, row=False)
_AROUND = {tag: _Around(tag in _LOOSE, tag in _ROWS) for tag in _BLOCKS}
_AROUND_IN_ROWS = {tag: _Around(tag in _LOOSE, tag in _ROWS or tag in _IN_ROWS) for tag in _BLOCKS}


class _Walk:
    """One walk over a tree."""

    def __init__(self, dropped: Counter[str]) -> None:
        self._dropped = dropped
        self._pieces: list[str] = []
        self._links: list[tuple[str, str]] = []
        self._link: tuple[str, int] | None = None  # address, and the piece that it begins at
        self._done: list[TextBlock] = []
        self._broken, self._pre = False, 0
        self._even = True  # as far as the block has come
        self._around = [_OUTSIDE]

    def walk(self, root: etree._Element) -> list[TextBlock]:
        """Return the blocks of a tree."""
        events = etree.iterwalk(root, events=("start", "end"))
        left_out: etree._Element | None = None
        for event, element in events:
            tag = element.tag
            if event == "start":
                bare = not element.attrib
                if tag == "p" and bare and not len(element) and self._link is None:  # most of a text
                    self._paragraph(element.text or "")
                    left_out = element
                    continue
                if tag in _NO_TEXT or (not bare and self._is_furniture(element)):
                    self._note(tag)
                    left_out = element
                    events.skip_subtree()
                    continue
                self._start(element, tag)
                text = element.text
            else:
                if element is not left_out:
                    self._end(tag)
                elif tag in _BLOCKS:
                    self._break()
                text = element.tail
            if text:
                self._text(text)
        self._break()
        return self._done

    def _note(self, tag: str) -> None:
        """Count an element that is left out for what it is."""
        if tag in _PICTURES:
            self._dropped["pictures"] += 1
        elif tag in _EMBEDS:
            self._dropped["embeds"] += 1
        elif tag == "figcaption":
            self._dropped["picture captions"] += 1

    def _is_furniture(self, element: etree._Element) -> bool:
        """Tell by its attributes whether an element is left out with all that is in it, and note it."""
        kind = furniture_of(element)
        if kind:
            self._dropped[kind] += 1
        return kind is not None

    def _start(self, element: etree._Element, tag: str) -> None:
        if tag in _BLOCKS:
            if self._pieces or self._links:
                self._break()
            self._pre += tag == "pre"
            around = self._around
            around.append((_AROUND_IN_ROWS if around[-1].row else _AROUND)[tag])
        elif tag == "br":
            self._line_break()
        elif tag in _CELLS:
            self._pieces.append(_CELL)
        elif tag == "a" and (address := (element.get("href") or "").strip()):
            self._link = (address, len(self._pieces))

    def _end(self, tag: str) -> None:
        if tag in _BLOCKS:
            if self._pieces or self._links:
                self._break()
            self._pre -= tag == "pre"
            self._around.pop()
        elif tag == "a" and self._link is not None:
            address, start = self._link
            self._links.append((address, _collapsed("".join(self._pieces[start:]))))
            self._link = None

    def _line_break(self) -> None:
        """End a line; a second break after it ends the paragraph."""
        if self._broken and self._link is None and not self._pre:
            self._break()
        else:
            self._pieces.append("\n")
            self._broken, self._even = True, False

    def _text(self, text: str) -> None:
        if self._pre:
            self._pieces.append(text)
            self._even = False
        elif _is_even(text):
            self._pieces.append(text)
            self._broken = False
        elif self._pieces or self._links or not text.isspace():
            self._uneven(text)

    def _paragraph(self, text: str) -> None:
        """Take a paragraph that is nothing but text, as `_start`, `_text` and `_end` would."""
        if self._pieces or self._links:
            self._break()
        if self._link is None and not self._pre and _is_even(text):
            if plain := text.strip(_CELL):
                self._done.append(TextBlock(plain, row=self._around[-1].row))
            return
        self._around.append((_AROUND_IN_ROWS if self._around[-1].row else _AROUND)["p"])
        self._text(text)
        self._end("p")

    def _uneven(self, text: str) -> None:
        """Take a text whose white space is not as it is shown; blank lines in it may part paragraphs."""
        if self._around[-1].loose and self._link is None and "\n" in text:
            first, *others = _BLANK_LINE.split(text)
            self._add(first)
            for other in others:
                self._break()
                self._add(other)
            return
        self._add(text)

    def _add(self, text: str) -> None:
        plain, self._even = _SPACE.sub(" ", text), False
        if plain != " ":
            self._broken = False
        elif not self._pieces:
            return  # white space between blocks
        self._pieces.append(plain)

    def _break(self) -> None:
        """End the block that is being read, where there is any."""
        if not self._pieces and not self._links:
            return
        whole, links, even = "".join(self._pieces), self._links, self._even
        self._pieces, self._links, self._broken, self._even = [], [], False, True
        if self._pre:
            text = whole.strip("\n")
        else:
            text = whole.strip(_CELL) if even and "  " not in whole else _tidied(whole)
        if self._link is not None:  # a link around blocks goes on in the next
            address, _ = self._link
            links = [*links, (address, _collapsed(text))]
            self._link = (address, 0)
        if text.strip():
            self._done.append(TextBlock(text, links, self._around[-1].row))
        elif links and self._done:
            self._done[-1].links += links


def _tidied(text: str) -> str:
    """Return a paragraph whose lines stay, each without needless space."""
    if "\n" not in text:
        return _collapsed(text).strip(_CELL)
    lines = (_collapsed(line).strip(_CELL) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _is_even(text: str) -> bool:
    """Tell whether single spaces are all of its white space, and nothing in it is invisible: most texts."""
    return text.isprintable() and "  " not in text and text != " "


def _collapsed(text: str) -> str:
    if _is_even(text):
        return text.strip()
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return _SPACE.sub(" ", text).strip()
