"""What a page says of its story in JSON-LD (schema.org), however it was pasted there. Knows no tags.

No library of JSON-LD is used: they resolve contexts over the network, and refuse all for one bad comma.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain

from recommender.ingest.documents import Json, at, objects, text

_STORY = re.compile(
    r"(?:https?://(?:www\.)?schema\.org/|schema:)?(?:\w*(?:Article|Posting)|Report|Review|ClaimReview)$"
)
# Said of pages beside their story: a page of search results, a list of them.
_NO_STORY = frozenset({"Review", "JobPosting", "AdvertiserContentArticle"})
# Runs of white space are bounded: one of any length would be tried from each of its places.
_COMMENT = re.compile(
    r"^(?://|/\*)?\s{0,99}(?:<!\[CDATA\[|<!--)\s{0,99}(?:\*/)?"
    r"|(?://|/\*)?\s{0,99}(?:\]\]>|-->)\s{0,99}(?:\*/)?\s{0,99};?$"
)
_REMARK = re.compile(r"^\s*/\*[^*]{0,500}\*/|(?:/\*[^*]{0,500}\*/|\s//[^\n\"{}]{0,200})\s*$")
# In a script that cannot be read at all: what can be meant in one way only.
_PLAIN = re.compile(
    r"""["'](datePublished|dateModified|creativeWorkStatus)["']\s*:\s*["']([^"'<>\\{}\[\]\n]{1,100})["']"""
)
_ARTICLE = re.compile(r"""["']@type["']\s*:\s*(?:\[[^\]]{0,200})?["']\w*(?:Article|BlogPosting)["']""")
_COMMA = re.compile(r",(\s*[}\]])")
_BETWEEN = re.compile(r"}\s*{")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])|\\u(?![0-9a-fA-F]{4})')
_LARGEST = 2 << 20  # characters of one script
_DEEPEST = 12
_MOST = 2_000  # objects of a page that are looked at


def article(scripts: list[str]) -> Json:
    """Return the object that describes the page's story, of several the one that says most; empty if none."""
    every = [entry for script in scripts for entry in _all(_read(script))]
    found = [entry for entry in every if _is_story(entry)]
    story = max(found, key=lambda entry: (bool(text(entry, "headline")), len(entry)), default={})
    named = {text(entry, "@id"): entry for entry in every if len(entry) > 1}
    return {name: _followed(value, named) for name, value in story.items()}


def _followed(value: object, named: Mapping[str, Json]) -> object:
    """Return what stands elsewhere on the page, where only its name is given."""
    if isinstance(value, list):
        return [_followed(one, named) for one in value]
    if isinstance(value, Mapping) and set(value) <= {"@id", "@type"}:
        return named.get(text(value, "@id"), value)
    return value


def name_in(value: object) -> str:
    """Return the name of a thing: as text, as an object, or the first of a list."""
    return next(iter(names_in(value)), "")


def names_in(value: object) -> list[str]:
    """Return the names of a thing or a list of them."""
    values = value if isinstance(value, list) else [value]
    named = (one if isinstance(one, str) else text(one, "name") for one in values)
    return [name for name in named if name.strip()]


def address_in(value: object) -> str:
    """Return the address of a thing, such as a picture: as text, of an object, or the first of a list."""
    for one in value if isinstance(value, list) else [value]:
        found = (
            one if isinstance(one, str) else text(one, "url") or text(one, "contentUrl") or text(one, "@id")
        )
        if found:
            return found
    return ""


def addresses_in(value: object) -> list[str]:
    """Return the addresses of things, such as translations: as text, of objects, in a list."""
    values = value if isinstance(value, list) else [value]
    named = (one if isinstance(one, str) else text(one, "url") or text(one, "@id") for one in values)
    return [address for address in named if address]


def keywords_in(value: object) -> list[str]:
    """Return keywords, of a list or between commas."""
    return [part.strip() for name in names_in(value) for part in name.split(",")]


def _is_story(entry: Json) -> bool:
    types = entry.get("@type")
    names = [one for one in (types if isinstance(types, list) else [types]) if isinstance(one, str)]
    return any(_STORY.match(name) and name.rpartition("/")[2] not in _NO_STORY for name in names)


def _read(script: str) -> object:
    """Return what a script says, mended where it is broken in one of the usual ways; None for no JSON."""
    plain = _COMMENT.sub("", _COMMENT.sub("", script[:_LARGEST].strip()).strip()).strip()
    plain = _REMARK.sub("", plain).strip().rstrip(";")
    commas = _COMMA.sub(r"\1", _BAD_ESCAPE.sub(r"\\\\", plain))
    forms = (plain, html.unescape(plain), commas, f"[{_BETWEEN.sub('},{', commas)}]")
    for form in forms:
        try:
            return json.loads(form, strict=False)
        except (ValueError, RecursionError):
            continue
    return _beginning(plain) or _plainly_said(plain)


def _beginning(script: str) -> object:
    """Return the object that a text begins with, whatever follows it."""
    try:
        return json.JSONDecoder(strict=False).raw_decode(script)[0]
    except (ValueError, RecursionError):
        return None


def _plainly_said(script: str) -> Json | None:
    """Return the times and the state of a story whose script is torn, of times that it says only one."""
    said: dict[str, dict[str, None]] = {}
    for name, value in _PLAIN.findall(script) if _ARTICLE.search(script) else ():
        said.setdefault(name, {})[value] = None
    sure = {name: next(iter(values)) for name, values in said.items() if len(values) == 1}
    if len(said.get("creativeWorkStatus", ())) > 1:
        sure["creativeWorkStatus"] = " or ".join(said["creativeWorkStatus"])
    return {"@type": "Article", **sure} if sure else None


def _all(value: object) -> Iterator[Json]:
    """Yield all objects in a value, the outer ones first."""
    level: list[object] = [value]
    seen = 0
    for _ in range(_DEEPEST):
        flat = list(chain.from_iterable(one if isinstance(one, list) else [one] for one in level))
        level = []
        for entry in flat:
            seen += 1
            if seen > _MOST:
                return
            if isinstance(entry, list):
                level.append(entry)
            elif isinstance(entry, Mapping):
                yield entry
                level += [at(entry, "@graph"), at(entry, "mainEntity"), at(entry, "mainEntityOfPage"),
                          *objects(entry, "itemListElement"), at(entry, "hasPart")]  # fmt: skip
