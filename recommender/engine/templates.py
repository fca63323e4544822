"""The templates of blocks: ours, and those that a newsroom has put in the place of some of them.

A template of the same name in the directory of the setting `page.templates` stands in for ours.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recommender.analysis.wording import own_name
from recommender.engine.dates import day
from recommender.engine.excerpt import shortened, wrapped
from recommender.engine.page_style import PageStyle
from recommender.errors import SettingsError
from recommender.story.language_tags import tag_of
from recommender.story.story import Image
from recommender.story.text_safety import is_web_url, visible
from recommender.story.timestamps import format_time
from recommender.story.writing_direction import direction

if TYPE_CHECKING:
    import jinja2

_MOST_PIXELS = 100_000  # of one side; a larger number is no size of a picture
_PLAIN = (".txt", ".json", ".csv")  # no markup: nothing is escaped in them but by a filter, such as tojson


def rendered(name: str, look: PageStyle, values: Mapping[str, object]) -> str:
    """Return what a template makes of `values`; it is given the look, too.

    Raises
    ------
    SettingsError
        When the newsroom's own template cannot be used as it is: names the file, the line and the problem.
    """
    import jinja2  # a block as JSON needs none

    try:
        return environment(look.templates).get_template(name).render(values, look=look).lstrip()
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or error.name}, line {error.lineno}"
        raise SettingsError(f"template {place}: {error.message}; mend it, or take it away") from error
    except jinja2.TemplateError as error:
        problem = f"template {Path(look.templates) / name}: {error.message}"
        raise SettingsError(f"{problem}; mend it, or take it away") from error


def is_own(name: str, look: PageStyle) -> bool:
    """Return whether the newsroom has a template of that name."""
    return bool(look.templates) and (Path(look.templates) / name).is_file()


def version(look: PageStyle) -> str:
    """Return what changes when the newsroom's own templates do; empty where there are none."""
    if not look.templates:
        return ""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(Path(look.templates).rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(look.templates)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def environment(directory: str) -> jinja2.Environment:
    """Return where templates are found, those of `directory` (if any is named) before ours."""
    import jinja2

    ours = jinja2.PackageLoader("recommender")
    return configured(jinja2.ChoiceLoader([jinja2.FileSystemLoader(directory), ours]) if directory else ours)


def configured(loader: jinja2.BaseLoader) -> jinja2.Environment:
    """Return an environment in which all values are escaped, with what our templates need."""
    import jinja2

    found = jinja2.Environment(
        loader=loader,
        autoescape=lambda name: not (name or "").endswith(_PLAIN),
        auto_reload=False,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.tests["web_url"] = _is_web_url
    found.filters.update(_FILTERS)
    return found


def size(image: Image) -> list[tuple[str, int]]:
    """Return a picture's width and height, where both were sent, so that a page keeps room for it."""
    both = [(name, image.extra.get(name)) for name in ("width", "height")]
    known = [(name, pixels) for name, pixels in both if type(pixels) is int and 0 < pixels < _MOST_PIXELS]
    return known if len(known) == len(both) else []


def alt(image: Image) -> str:
    """Return the words in the picture's place, where they were sent; its caption stands beside it anyway."""
    words = image.extra.get("alt")
    return words if isinstance(words, str) else ""


def _is_web_url(url: str | None) -> bool:
    return url is not None and is_web_url(url)


def _day(time: datetime, look: PageStyle) -> str:
    return day(time, look.language, look.timezone)


def _minute(time: datetime) -> str:
    return f"{time.day} {time:%b %Y}, {time.astimezone(UTC):%H:%M} UTC"


def _lines(text: str, width: int, indent: int = 0, *, whole: bool = False) -> str:
    """Return a text of a mail: in lines, without what a terminal would act on."""
    gap = " " * indent
    return wrapped(visible(" ".join(text.split())), width, first=gap, rest=gap, whole=whole)


_FILTERS: dict[str, Callable[..., Any]] = {
    "rfc3339": format_time,
    "day": _day,
    "minute": _minute,
    "shortened": shortened,
    "alt": alt,
    "size": size,
    "direction": direction,
    "language_tag": tag_of,
    "own_name": own_name,
    "lines": _lines,
}
