"""Shortcodes of content systems in the text of a body: ``[gallery ids="1,2"]``, ``{{< figure >}}``.

Told by their form and by the names of those that have none, so that "[sic]", "[1]", "[Video]" and "and[/or]"
stay.
"""

from __future__ import annotations

import re
from collections import Counter

# What stands in quotes after "=" may be anything. Nothing is tried twice: a row of quotes takes no time.
_VALUE = r"""="[^"]{0,1000}"|='[^']{0,1000}'"""
_CALL = re.compile(rf"\[(/?)([a-zA-Z][\w-]{{0,60}})((?=[\s=])(?:{_VALUE}|[^\[\]<>]){{0,1000}}+)?(/?)\]")
_LITERAL = re.compile(r"\[(\[[a-zA-Z/][^\[\]<>]{0,1000}\])\]")  # how WordPress writes one that it shall show
_TEMPLATE = re.compile(r"\{\{[<%][^{}]{0,2000}[>%]\}\}|\{%-?[^{}]{0,2000}-?%\}")
_OUTPUT = re.compile(r"\{\{[^{}]{0,500}\}\}")
_ATTRIBUTE = re.compile(r"[\w-]+\s*=|=")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# With all that stands in them.
_WHOLE = _names(
    "audio caption embed fbvideo flickr gallery googlemaps iframe instagram playlist podcast quiz slideshow "
    "soundcloud spotify tiktok tweet twitter video vimeo wp_caption wpvideo youtube"
)
_NO_WORDS = _names(
    "addtoany contact-form-7 fbvideo googlemaps mc4wp_form newsletter_form nggallery page-list recent_posts "
    "related_posts sharethis social-share toc wp_caption wpvideo yarpp"
)
_KNOWN = _WHOLE | _NO_WORDS | _names("more newsletter sitemap")
_NO_SENTENCE = re.compile(r"[=:/\d]")  # what a call is given, as no remark in brackets is
_AROUND = 20  # characters beside a call in which a line may end
_SPACE = " \t\r\xa0"


def without(text: str, dropped: Counter[str]) -> str:
    """Return a text without shortcodes; how many there were is counted."""
    if "{" in text:
        text, count = _TEMPLATE.subn("", text)
        dropped["shortcodes"] += count
    return _without_calls(text, dropped) if "[" in text else text


def without_templates(text: str, dropped: Counter[str]) -> str:
    """Return a text of a static site without the calls that its generator would carry out."""
    text, count = _TEMPLATE.subn("", text)
    text, more = _OUTPUT.subn("", text)
    dropped["shortcodes"] += count + more
    return text


def _without_calls(text: str, dropped: Counter[str]) -> str:
    calls = list(_CALL.finditer(text))
    opened = {call[2].lower() for call in calls if not call[1]}
    last_end = {call[2].lower(): call.start() for call in calls if call[1]}
    parts, place, inside = [], 0, ""
    for call in calls:
        name = call[2].lower()
        literal = text[call.start() - 1 : call.start()] == "[" and text[call.end() : call.end() + 1] == "]"
        if inside:
            if call[1] and name == inside:
                inside, place = "", call.end()
            continue
        if literal or not (_is_call(call) or name in (opened if call[1] else last_end)):
            continue
        parts.append(text[place : call.start()])
        place = call.end()
        dropped["shortcodes"] += not call[1]
        if not call[1] and not call[4] and name in _WHOLE and last_end.get(name, -1) > call.start():
            inside = name
    parts.append(text[place:])
    return _LITERAL.sub(r"\1", "".join(parts))


def _is_call(call: re.Match[str]) -> bool:
    """Tell a shortcode from a remark in brackets, by itself: its name and what it is given."""
    name, given = call[2], call[3] or ""
    if "_" in name or _ATTRIBUTE.search(given):
        return True
    if name not in _KNOWN:  # theirs are small letters: "[Video]" is the editor's
        return False
    if given.strip():
        return bool(_NO_SENTENCE.search(given))
    return bool(call[1]) or name in _NO_WORDS or _stands_alone(call)


def _stands_alone(call: re.Match[str]) -> bool:
    """Tell whether nothing else is in its line."""
    text = call.string
    before = text[max(0, call.start() - _AROUND) : call.start()].rstrip(_SPACE)
    after = text[call.end() : call.end() + _AROUND].lstrip(_SPACE)
    return before[-1:] in ("", "\n", ">", "]") and after[:1] in ("", "\n", "<", "[")
