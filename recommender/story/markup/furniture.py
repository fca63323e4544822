"""What of a page is furniture and no text: share bars, sign-up boxes, captions, lists of plug-ins.

Told by the names of classes and ids, which plug-ins and platforms print. Knows no paragraphs.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml import etree

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
_PROSE = 600  # characters outside links, more than a box, a bar or a caption has
_LOOKED_AT = 500  # elements in it
_LONGEST_NAME = 200  # characters of a class that tell what it is of


def furniture_of(element: etree._Element) -> str | None:
    """Return what an element is with all that is in it, where that is no text; "" for a hidden one."""
    if element.tag in _WRAPPERS:
        return None
    if "hidden" in element.attrib or _HIDDEN.search(element.get("style", "")):
        return ""
    names = f"{element.get('class', '')} {element.get('id', '')}".split()
    for name in names:
        kind = _furniture(name)
        if kind and (kind == "other" or not _holds_prose(element)):
            return _NAMED[kind]
    return None


@lru_cache(4096)  # of a site's few hundred names
def _furniture(name: str) -> str | None:
    """Return what a class or an id says that an element is, where that is no text."""
    found = _FURNITURE.fullmatch(name[:_LONGEST_NAME])
    return None if found is None else found.lastgroup


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
