"""The templates of the desk, with those of blocks beside them. All values are escaped."""

from __future__ import annotations

import functools
from datetime import datetime
from urllib.parse import quote

import jinja2

from recommender.desk import static_files
from recommender.desk.explaining import minute
from recommender.engine.page_style import PageStyle
from recommender.engine.templates import configured
from recommender.story.timestamps import format_time
from recommender.suggestions.answer import AROUND


@functools.cache
def environment() -> jinja2.Environment:
    """Return where the desk's templates are found; `parts.html` of blocks is there, too."""
    loaders = [jinja2.PackageLoader("recommender.desk"), jinja2.PackageLoader("recommender")]
    found = configured(jinja2.ChoiceLoader(loaders))
    found.globals["static"] = static_files.address
    found.globals["around"] = AROUND
    found.filters["path"] = path_part
    found.filters["minute_of"] = minute
    found.filters["clock_of"] = clock
    found.filters["iso"] = format_time
    return found


def clock(at: float, look: PageStyle, now: float) -> str:
    """Return a moment in epoch seconds, in the zone of the page."""
    return minute(datetime.fromtimestamp(at, look.timezone), now)


def path_part(text: str) -> str:
    """Return a text, such as a story's id, as one part of an address."""
    return quote(text, safe="")
