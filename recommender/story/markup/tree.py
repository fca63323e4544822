"""The blocks of an HTML text: its paragraphs in order, their links, and what is no text left out.

Walks libxml2's tree once, without recursion. Knows tags and class names, not what a story is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml import etree

from recommender.story.markup.related import Block


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
_EMBEDS = _names("iframe video audio object embed amp-youtube amp-iframe amp-twitter")

# Names of classes and ids, from the plug-ins and platforms that print them.
_SHARE = (
    r"share(?:d|s)?|sharing|sharedaddy|share-?(?:bar|buttons?|icons?|links?|tools?)|social(?:-?(?:bar|icons?|"
    r"links?|media|share|sharing|buttons?))?|addtoany(?:_.*)?|addthis(?:_.*)?|a2a_kit|ssba(?:-.*)?|heateor.*|"
    r"shariff|jp-post-flair|sd-block|wpulike.*|print-?only|email-?share"
)
_SIGN_UP = (
    r"(?:.*[-_])?newsletters?(?:[-_].*)?|(?:.*[-_])?sign-?up(?:[-_].*)?|(?:.*[-_])?subscri(?:be|ption)(?:[-_].*)?|"
    r"mc_embed_signup|mailchimp.*|mc4wp.*|paywall(?:[-_].*)?|kg-signup-card|donat(?:e|ion)(?:[-_].*)?"
)
_EMBED = (
    r"twitter-(?:tweet|video|timeline)|instagram-media|tiktok-embed|fb-(?:post|video)|reddit-(?:card|embed.*)|"
    r"wp-block-embed(?:-.*)?|wp-embedded-content|wp-block-(?:video|audio|file|gallery)|embed(?:[-_].*)?|"
    r"kg-(?:embed|video|audio|bookmark|gallery|file|product|button)-card|video-?player|oembed.*|bluesky-embed"
)
_CAPTION = (
    r"wp-caption(?:-text|-dd)?|(?:image|img|photo|picture|media|gallery|figure|video)[-_]?(?:caption|credit)s?|"
    r"captions?|credits?|kg-image-caption|kg-gallery-caption"
)
_PLUG_IN = (
    r"yarpp.*|jp-relatedposts.*|crp_related.*|wp_rp.*|rp4wp.*|zem_rp.*|nrelate.*|outbrain.*|ob-widget.*|taboola.*|"
    r"trc_.*|mgid.*|revcontent.*|addoor.*|contextual-related.*|related-?posts-?(?:plugin|thumbnails?|by-taxonomy).*|"
    r"relatedposts?|wp-block-(?:latest-posts|query|rss)|srp-.*|upw-.*|ajax-load-more.*|popular-posts.*|wpp-.*|"
    r"most-?(?:read|popular|viewed).*|trending.*|recommend(?:ed|ation|ations)(?:[-_].*)?|similar-posts.*|"
    r"seedbox.*|(?:.*[-_])?ad(?:vert(?:isement|ising)?|slot|unit|box|sbygoogle|s)?(?:[-_].*)?"
)
_OTHER = (
    r"comments?(?:-?(?:area|list|respond|form))?|disqus_thread|breadcrumbs?|(?:post-?)?pagination|post-?navigation|"
    r"screen-?reader-?text|sr-only|visually-?hidden|visuallyhidden|toc(?:_container)?|ez-toc.*|cookie.*|skip-?link"
)
_FURNITURE = re.compile(
    "|".join(
        f"(?P<{name}>{form})"
        for name, form in {
            "caption": _CAPTION, "embed": _EMBED, "share": _SHARE, "signup": _SIGN_UP, "plugin": _PLUG_IN,
            "other": _OTHER,
        }.items()
    ),
    re.IGNORECASE,
)  # fmt: skip
_NAMED = {
    "caption": "picture captions", "embed": "embeds", "share": "share bars", "signup": "sign-up boxes",
    "plugin": "lists of a plug-in", "other": "page furniture",
}  # fmt: skip
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_WRAPPERS = frozenset({"html", "body"})

_ODD = r"\t\n\r\f\v\xa0\u2000-\u200a\u202f\u205f\u3000"  # white space but the space itself
# All white space but a lone space: most of a text is parted by those, and stays as it is.
_SPACE = re.compile(rf"[{_ODD}][ {_ODD}]*| [ {_ODD}]+")
_BLANK_LINE = re.compile(r"\n[ \t\r\xa0]*\n")
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\xad]")
_CELL = " | "
_PROSE = 600  # characters outside links, more than a box, a bar or a caption has
_LOOKED_AT = 500  # elements in it
_DEPTH_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")


def blocks_of(html: str, dropped: Counter[str]) -> list[Block]:
    """Return the blocks of an HTML text; what was dropped is counted in `dropped`."""
    root = _tree(html)
    if root is None:
        dropped["nested too deeply to be read as HTML: only its text was kept"] += 1
        return [Block(text) for text in _flat(html)]
    return _Walk(dropped).walk(root)


def _tree(html: str) -> etree._Element | None:
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


class _Walk:
    """One walk over a tree."""

    def __init__(self, dropped: Counter[str]) -> None:
        self._dropped = dropped
        self._pieces: list[str] = []
        self._links: list[tuple[str, str]] = []
        self._link: tuple[str, int] | None = None  # address, and the piece that it begins at
        self._done: list[Block] = []
        self._broken, self._pre = False, 0
        self._around = [_Around(True, False)]

    def walk(self, root: etree._Element) -> list[Block]:
        """Return the blocks of a tree."""
        events = etree.iterwalk(root, events=("start", "end"))
        left_out: etree._Element | None = None
        for event, element in events:
            tag = element.tag
            if event == "start":
                if self._goes(element, tag):
                    left_out = element
                    events.skip_subtree()
                else:
                    self._start(element, tag)
            elif left_out is not None and element is left_out:
                if tag in _BLOCKS:
                    self._break()
                self._text(element.tail)
            else:
                self._end(element, tag)
        self._break()
        return self._done

    def _goes(self, element: etree._Element, tag: object) -> bool:
        """Tell whether an element is left out with all that is in it, and note it."""
        if not isinstance(tag, str) or tag in _PICTURES or tag in _GONE:
            if tag in _PICTURES:
                self._dropped["pictures"] += 1
            elif tag in _EMBEDS:
                self._dropped["embeds"] += 1
            elif tag == "figcaption":
                self._dropped["picture captions"] += 1
            return True
        if not element.attrib or tag in _WRAPPERS:
            return False
        if "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")):
            return True
        names = f"{element.get('class', '')} {element.get('id', '')}".split()
        for name in names:
            found = _FURNITURE.fullmatch(name)
            if found and (found.lastgroup == "other" or not _holds_prose(element)):
                self._dropped[_NAMED[found.lastgroup or "other"]] += 1
                return True
        return False

    def _start(self, element: etree._Element, tag: str) -> None:
        if tag == "br":
            self._line_break()
        elif tag in ("td", "th"):
            self._pieces.append(_CELL)
        elif tag in _BLOCKS:
            self._break()
            self._pre += tag == "pre"
            in_row = tag in _ROWS or (tag in _IN_ROWS and self._around[-1].row)
            self._around.append(_Around(tag in _LOOSE, in_row))
        elif tag == "a" and (address := (element.get("href") or "").strip()):
            self._link = (address, len(self._pieces))
        self._text(element.text)

    def _end(self, element: etree._Element, tag: str) -> None:
        if tag == "a" and self._link is not None:
            address, start = self._link
            self._links.append((address, _collapsed("".join(self._pieces[start:]))))
            self._link = None
        elif tag in _BLOCKS:
            self._break()
            self._pre -= tag == "pre"
            self._around.pop()
        self._text(element.tail)

    def _line_break(self) -> None:
        """End a line; a second break after it ends the paragraph."""
        if self._broken and self._link is None and not self._pre:
            self._break()
        else:
            self._pieces.append("\n")
            self._broken = True

    def _text(self, text: str | None) -> None:
        if not text or (not self._pieces and not self._links and text.isspace() and not self._pre):
            return
        if self._pre:
            self._pieces.append(text)
            return
        if self._around[-1].loose and self._link is None and "\n" in text:
            first, *others = _BLANK_LINE.split(text)
            self._add(first)
            for other in others:
                self._break()
                self._add(other)
            return
        self._add(text)

    def _add(self, text: str) -> None:
        plain = _SPACE.sub(" ", text)
        if plain != " ":
            self._broken = False
        elif not self._pieces:
            return  # white space between blocks
        self._pieces.append(plain)

    def _break(self) -> None:
        """End the block that is being read, where there is any."""
        if not self._pieces and not self._links:
            return
        whole, links = "".join(self._pieces), self._links
        self._pieces, self._links, self._broken = [], [], False
        text = whole.strip("\n") if self._pre else _tidied(whole)
        if self._link is not None:  # a link around blocks goes on in the next
            address, _ = self._link
            links = [*links, (address, _collapsed(text))]
            self._link = (address, 0)
        if text.strip():
            self._done.append(Block(text, links, self._around[-1].row))
        elif links and self._done:
            self._done[-1].links += links


def _holds_prose(element: etree._Element) -> bool:
    """Tell whether an element of a telling name is the frame of a text: no box or bar says so much."""
    said = 0
    for inner in islice(element.iter(), _LOOKED_AT):
        if inner.tag != "a":
            said += len(inner.text or "")
        said += len(inner.tail or "") if inner is not element else 0
        if said > _PROSE:
            return True
    return False


def _tidied(text: str) -> str:
    """Return a paragraph whose lines stay, each without needless space."""
    if "\n" not in text:
        return _collapsed(text).strip(_CELL)
    lines = (_collapsed(line).strip(_CELL) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _collapsed(text: str) -> str:
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return _SPACE.sub(" ", text).strip()
