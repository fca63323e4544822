"""What the body of a story is said to be. Reads none."""

from __future__ import annotations

from enum import StrEnum


class ContentType(StrEnum):
    """What a body is: told by what stands in it, HTML, or plain text whatever stands in it."""

    AUTO = "auto"
    HTML = "html"
    TEXT = "text"
