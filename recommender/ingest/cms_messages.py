"""What systems post when a story changes: published, updated, hidden or gone there.

Knows what their messages look like, not how they come nor who may send them. The story in a message is read
as the same system's export is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from recommender.errors import SourceError
from recommender.ingest.addresses import story_id
from recommender.ingest.base import Found, Options, Refused, Source
from recommender.ingest.documents import Json, at, first, text
from recommender.ingest.ghost import Ghost
from recommender.ingest.ninjs import Ninjs
from recommender.ingest.superdesk import Superdesk
from recommender.ingest.wordpress_common import paragraphs
from recommender.ingest.wprest import ORIGIN, WordPressJson
from recommender.story.story import Status

_GONE_WORD = re.compile(r"delet|trash", re.IGNORECASE)
_SHOWN = frozenset({"published", "publish", "usable", "sent", "corrected", ""})


@dataclass(frozen=True, slots=True)
class Hidden:
    """A story is not to be seen any more, and all that is known of it is its name.

    Parameters
    ----------
    id : str
        The story's, else empty.
    status : Status
        What it is there.
    origin : tuple of str
        Kind, id and type in the CMS, by which it is found where its own id is not known.
    """

    id: str
    status: Status
    origin: tuple[str, str, str] = ("", "", "")


Notice = Found | Refused | Hidden


def notices(sender: str, raw: bytes, options: Options, *, form: bool = False) -> Iterator[Notice]:
    """Yield what a message says.

    Parameters
    ----------
    sender : str
        ``ghost``, ``wordpress`` or ``superdesk``.
    raw : bytes
        Its body.
    options : Options
        As files are read.
    form : bool
        The body is a form, as some plug-ins of WordPress send it.

    Raises
    ------
    SourceError
        Where it is no message of that system.
    """
    try:
        message: object = dict(parse_qsl(raw.decode())) if form else msgspec.json.decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise SourceError(
            f"the message is not {'a form' if form else 'JSON'} ({error}); send it as it is"
        ) from error
    if not isinstance(message, Mapping):
        raise SourceError("the message is no JSON object; send it as it is")
    yield from SENDERS[sender](message, options)


def _ghost(message: Json, options: Options) -> Iterator[Notice]:
    post = at(message, "post")
    current, previous = at(post, "current"), at(post, "previous")
    if isinstance(current, Mapping) and current:
        yield from _read(Ghost(), {"posts": [current]}, options, text(current, "status"))
    elif id_ := text(previous, "id"):
        guid = "" if id_.isdigit() else id_
        url = text(previous, "url") or (f"{options.url}{text(previous, 'slug')}/" if options.url else "")
        yield Hidden(story_id(guid, url) or "", Status.RETRACTED, (Ghost.kind, id_, "post"))


def _wordpress(message: Json, options: Options) -> Iterator[Notice]:
    inner = at(message, "post")
    post = inner if isinstance(inner, Mapping) else message
    is_gone = bool(_GONE_WORD.search(first(message, "event", "hook", "action", "status_event")))
    id_ = first(post, "id", "ID") or first(message, "post_id", "id")
    if "post_status" in post or "post_title" in post:
        post = _as_rest(post, message)
    if isinstance(at(post, "title"), Mapping):
        status = "trash" if is_gone else text(post, "status")
        yield from _read(WordPressJson(), {**post, "status": status}, options, status)
    elif id_ and is_gone:
        guid = text(post, "guid", "rendered") or text(post, "guid")
        url = first(post, "link", "permalink") or text(message, "post_permalink")
        type_ = first(post, "type", "post_type") or "post"
        yield Hidden(story_id(guid, url) or "", Status.RETRACTED, (ORIGIN, id_, type_))


def _as_rest(post: Json, message: Json) -> Json:
    """Return a post as the REST API has it, from the fields of its table."""
    return {
        "id": first(post, "ID", "id") or text(message, "post_id"),
        "type": text(post, "post_type") or "post",
        "status": text(post, "post_status"),
        "guid": {"rendered": text(post, "guid")},
        "link": first(post, "permalink", "post_url") or text(message, "post_permalink"),
        "date": text(post, "post_date"),
        "date_gmt": text(post, "post_date_gmt"),
        "modified": text(post, "post_modified"),
        "modified_gmt": text(post, "post_modified_gmt"),
        "title": {"rendered": text(post, "post_title")},
        "excerpt": {"rendered": text(post, "post_excerpt")},
        "content": {"rendered": paragraphs(text(post, "post_content")), "protected": False},
        "password": text(post, "post_password"),
    }


def _superdesk(message: Json, options: Options) -> Iterator[Notice]:
    source: Source = Superdesk() if "guid" in message else Ninjs()
    yield from _read(source, message, options, first(message, "state", "pubstatus"))


def _read(source: Source, document: Json, options: Options, status: str) -> Iterator[Notice]:
    """Yield the story of a message; of one that is hidden and cannot be read that it is."""
    for item in source.read(io.BytesIO(msgspec.json.encode(document)), options):
        if isinstance(item, Refused) and item.id and status not in _SHOWN:
            yield Hidden(item.id, Status.DRAFT)
        else:
            yield item


SENDERS: Mapping[str, Callable[[Json, Options], Iterator[Notice]]] = {
    "wordpress": _wordpress,
    "ghost": _ghost,
    "superdesk": _superdesk,
}
"""Who posts messages that are read here."""
