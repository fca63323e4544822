"""Addresses of files as they may be shown, logged and kept. Knows no file system.

An address can hold keys: ``s3://KEY:SECRET@bucket/stories?session_token=...``. What opens it is given the
whole, everybody else what is left here.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_MOST = 200  # characters of a driver's words
_CHAIN = re.compile(r"::(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)  # zip://stories.csv::s3://bucket/all.zip
_QUERY = re.compile(r"[?#]")
_KEYS = re.compile(r".*:.*@")  # they may hold a slash that was not encoded
_HOST = re.compile(r"(\[[^]]*\]|[^:]*)(:\d*)?")
_PARAMETER = re.compile(r"[?&]\w+=")
_WORD = re.compile(r"[\w%.+~-]{3,}")


def shown(address: str) -> str:
    """Return an address without names, keys and parameters; a path as it is."""
    return "::".join(_bare(part) for part in _CHAIN.split(address))


def _bare(part: str) -> str:
    scheme, is_address, rest = part.partition("://")
    if not is_address:
        return part
    place = _QUERY.split(rest, maxsplit=1)[0]
    host = place.partition("/")[0]
    if "@" in host or _KEYS.match(place):
        place = place.rpartition("@")[2]
    elif not _HOST.fullmatch(host):
        place = "..."  # a key that holds more
    return f"{scheme}://{place}"


def words_of(error: object, *addresses: str) -> str:
    """Return what a driver says in one line, unless that repeats what is not shown of an address."""
    words = " ".join(str(error).split())
    hidden = set[str]().union(*map(_hidden, addresses))
    if any(each in words.casefold() for each in hidden):
        return "its words are not shown, since they repeat the address"
    return words[:_MOST]


def _hidden(address: str) -> set[str]:
    """Return the words of an address that are not shown, as they stand there and decoded."""
    whole = _PARAMETER.sub("?", address).casefold()
    return {*_WORD.findall(whole), *_WORD.findall(unquote(whole))} - {
        *_WORD.findall(shown(address).casefold())
    }
