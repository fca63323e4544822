"""Values of options that need no checking. Knows no command.

Newer versions of typer ask pydantic about every value, given or not, and that takes a tenth of a second to
import: a tenth of a cold question. It is still asked about choices, lists and whatever is unusual.
"""

from __future__ import annotations

from typing import Any

from recommender.cli.archive_option import parsed

_ASKED = object()
_DIGITS = 18  # at most, of a number that needs no checking


def spare(param: Any) -> None:  # noqa: ANN401 (typer's own kind of parameter has no public name)
    """Let a parameter ask nobody about values that are plain."""
    kind = getattr(param, "type_descriptor", None)
    if not hasattr(kind, "annotation") or not hasattr(kind, "parameter_info"):
        return  # a version that asks nobody, or in another way
    asking = param.process_value

    def process_value(context: Any, value: Any) -> Any:  # noqa: ANN401
        found = _plain(param, kind, value)
        if found is _ASKED:
            return asking(context, value)
        return found if param.callback is None else param.callback(context, param, found)

    param.process_value = process_value


def _plain(param: Any, kind: Any, value: object) -> object:  # noqa: ANN401
    several = param.multiple or param.nargs == -1
    if value is None and not param.required:
        return () if several else None
    if several or value is None:
        return _ASKED
    if kind.parameter_info.parser is parsed:
        return parsed(str(value))
    if kind.annotation is str and isinstance(value, str) and _is_text(value):
        return value
    if kind.annotation is int:
        return _number(value, kind.parameter_info.min, kind.parameter_info.max)
    return _ASKED


def _number(value: object, least: float | None, most: float | None) -> object:
    """Return a whole number that is written in digits and within its bounds."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _DIGITS:
        value = int(value)
    if type(value) is not int or (least is not None and value < least) or (most is not None and value > most):
        return _ASKED
    return value


def _is_text(value: str) -> bool:
    """Return whether a value is none of the bytes that no text is made of."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
