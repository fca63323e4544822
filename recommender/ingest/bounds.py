"""From when until when readers may see a story of which several fields say so: the strictest of them counts.

Knows fields and times, and no kind of source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from recommender.ingest.times import read_time
from recommender.story.hiding import Effect, Sign
from recommender.story.timestamps import format_time, parse_time


def strictest(
    bounds: Iterable[Sign], times: Mapping[str, object], zone: tzinfo | None
) -> tuple[dict[str, str], list[str]]:
    """Return the times that fields set, and why a story is hidden whose fields cannot be read.

    Parameters
    ----------
    bounds : iterable of Sign
        The fields.
    times : mapping
        What is known without them, by the names of a story's fields, in RFC 3339.
    zone : tzinfo or None
        Of times that name none.
    """
    known = {name: parse_time(str(time)) for name, time in times.items() if time}
    begins = [known[name] for name in ("published", "embargo_until") if name in known]
    opens, unread = list[datetime](), list[str]()
    closes = [known["expires"]] if "expires" in known else []
    for sign in bounds:
        try:
            time = read_time(sign.text, zone).time
        except (ValueError, OverflowError):
            if sign.effect is not Effect.DATES:
                unread.append(f"{sign.because}, which cannot be read")
            continue
        (closes if sign.effect is Effect.CLOSES else opens).append(time)
    found = {"expires": format_time(min(closes))} if closes else {}
    if opens and max(opens) > max(begins, default=max(opens)):
        found["embargo_until"] = format_time(max(opens))
    return found, unread
