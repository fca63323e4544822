"""Addresses as sources write them: made absolute, told by their sites, as ids. Knows no kind of source."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

from recommender.story.addresses import is_url, normal_url
from recommender.story.text_safety import is_web_url, usual_path

_UNSAFE = re.compile(r"[^!-~]|[\"<>\\^`{|}]")
_SAME_SITE = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.)")


def story_id(guid: str, url: str) -> str | None:
    """Return the id of a story: its guid, else its address; of all spellings of an address one.

    So it is the same over http and https, in a feed, an export and an API.
    """
    guid = " ".join(guid.split())
    return (normal_url(guid) if is_url(guid) else guid) or (normal_url(url) if url else None)


def absolute(url: str, base: str) -> str | None:
    """Return an address as browsers would follow it, or None where it is no web address."""
    url = "".join(url.split("\n")).strip()
    if not url:
        return None
    if usual_path(url) is not None:
        return url
    try:
        whole = urljoin(base, url) if base else url
    except ValueError:
        return None
    whole = _UNSAFE.sub(lambda found: quote(found.group()), whole)
    return whole if is_web_url(whole) else None


def same_site(url: str, other: str) -> bool:
    """Return whether two addresses are of one site, as far as their hosts tell."""
    try:
        hosts = [_SAME_SITE.sub("", (urlsplit(one).hostname or "").lower()) for one in (url, other)]
    except ValueError:
        return False
    return hosts[0] == hosts[1]
