"""What was said in one language, said in another: the message and its values are found again in the text.

Reasons are kept as they were said on the day a block was made. Knows no story.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from recommender.analysis.wording import AND, COMMA, Wording, messages_said

_VALUE = re.compile(r"\{(\w+)\}")
_SEVERAL = frozenset({"things", "tags"})  # values that may be several things
_ISOLATES = "\u2068\u2069"
LONGEST = 1000  # characters of a text that is looked for among the messages

IsSaid = Callable[[str], bool]
"""Returns whether a name stands in the texts: "Health and Human Services" is one thing, not two."""


class Retelling:
    """Says in one language what was said in another.

    Parameters
    ----------
    told, say : Wording
        In whose words it was said, and in whose it is to be.
    """

    def __init__(self, told: Wording, say: Wording) -> None:
        self._told, self._say = told, say
        said = {message: told.template(message) for message in messages_said() if message not in (AND, COMMA)}
        # A newsroom's own words may lack a value, or have one twice: that cannot be said in other words.
        said = {each: own for each, own in said.items() if _VALUE.findall(own) == _VALUE.findall(each)}
        self._known = [
            (message, _pattern(said[message])) for message in sorted(said, key=lambda each: -_own(said[each]))
        ]

    def __call__(self, text: str, is_said: IsSaid) -> str | None:
        """Return a text in the other language, None where it is no message of ours."""
        if len(text) > LONGEST:
            return None
        for message, pattern in self._known:
            if found := pattern.fullmatch(text):
                values = {name: value.strip(_ISOLATES) for name, value in found.groupdict().items()}
                several = {
                    name: self._say.listed(self._parts(values[name], is_said))
                    for name in _SEVERAL & values.keys()
                }
                return self._say(message, **(values | several))
        return None

    def _parts(self, listed: str, is_said: IsSaid) -> Sequence[str]:
        """Return the things that were listed as one phrase."""
        if is_said(listed):
            return [listed]
        splits = list(self._splits(listed))
        right = (parts for parts in splits if all(map(is_said, parts)))
        return next(right, splits[0] if splits else [listed])

    def _splits(self, listed: str) -> Iterator[Sequence[str]]:
        """Yield the ways in which a phrase may list things, those with most of them first."""
        comma, link = self._told(COMMA), self._told.template(AND).format(several="", last="")
        places = [found.start() for found in re.finditer(re.escape(link), listed)]
        for place in reversed(places):
            several, last = listed[:place], listed[place + len(link) :]
            yield [*several.split(comma), last]
            yield [several, last]


@lru_cache(64)
def retelling(told: Wording, say: Wording) -> Retelling:
    """Return what says in one language what was said in another, made once."""
    return Retelling(told, say)


def _own(template: str) -> int:
    """Return how many characters of a message are its own: the more, the less is it another one by chance."""
    return len(_VALUE.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    parts = _VALUE.split(template)
    named = (f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(named), re.DOTALL)
