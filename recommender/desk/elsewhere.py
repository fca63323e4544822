"""What other packages say in English, said in the language of who reads it: errors, notes, states, figures.

They come as text, some of it kept for weeks. A message is known by its English, and its values are found
again in the text; what is not known stays English, and is marked as such. Knows no page.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from recommender.analysis.languages import ENGLISH
from recommender.desk.wording import N_, Words

LONGEST = 400  # characters of a text that is looked for among the messages
_VALUE = re.compile(r"%\((\w+)\)s")
_NUMBERS = frozenset({"count", "least", "links", "most", "num", "other", "seconds", "slots", "stories"})
_PARTS = frozenset(
    {"done", "needed", "problem", "reason", "role", "standing", "way_out", "what", "who", "why"}
)
"""Values that are messages themselves."""

_WORDS = (
    *(N_("reader"), N_("editor"), N_("admin")),
    *(N_("published"), N_("draft"), N_("a draft"), N_("embargoed"), N_("corrected"), N_("retracted")),
    *(N_("updated"), N_("deleted"), N_("withdrawn"), N_("expired")),
    *(N_("rising"), N_("steady"), N_("over")),
    *(N_("what is tried is better"), N_("what holds now is better"), N_("not decided yet")),
    *(N_("open"), N_("rated"), N_("skipped")),
    *(N_("pin"), N_("unpin"), N_("exclude"), N_("include"), N_("freeze"), N_("unfreeze"), N_("import")),
    N_("redo"),
    *(N_("in use"), N_("shipped"), N_("same words"), N_("newest"), N_("won"), N_("did not win")),
    *(N_("blocks"), N_("by editors"), N_("orphaned stories"), N_("over-exposed stories"), N_("most linked")),
    *(N_("a whole number"), N_("a number"), N_("a probability"), N_("a share"), N_("a likeness")),
)
"""Roles, states, verdicts, names of figures, kinds of numbers."""

_REFUSALS = (
    *(N_("it is retracted or expired"), N_("it is not public yet"), N_("it is legally sensitive")),
    *(N_("it is marked never to be linked to"), N_("it is the story itself")),
    *(N_("an editor excluded it here"), N_("readers may not see the story itself")),
    *(N_("the story itself is legally sensitive"), N_("the story itself is marked never to link")),
    *(N_("both stories have one address"), N_("the story's text links to it already")),
    N_("it is in another language (%(language)s)"),
    N_("it is set aside: %(reason)s"),
)
"""Of the link policy."""

_STATES = (
    N_("expired since %(time)s"),
    N_("embargoed until %(time)s"),
    N_("not public until %(time)s"),
    N_("%(story)s was %(done)s"),
    N_("%(name)s undid: %(done)s"),
    N_("%(name)s, act %(num)s on many: %(done)s"),
    N_("%(name)s: %(done)s"),
    N_("%(name)s, act %(num)s on many"),
    *(N_("it was frozen already"), N_("it is empty"), N_("it was empty"), N_("it shows the same")),
    *(N_("an editor has changed it since"), N_("it has changed since")),
    N_("what act %(num)s did to it is not kept any more"),
    N_("it failed: %(error)s"),
    *(N_("the engine changed"), N_("an embargo or a story ended"), N_("the clock was set back")),
    *(N_("a story was deleted"), N_("the story itself changed"), N_("many stories changed")),
    N_("stories changed"),
    N_("in %(count)s blocks"),
    N_("%(count)s of %(slots)s"),
    N_("the pin of %(story)s"),
)
"""How stories stand, why blocks changed, and what befell them in an act on many."""

_VISITS = (
    N_("you are not signed in any more; sign in and do it again"),
    N_("this needs the role %(needed)s, and you are %(role)s; ask an operator for it"),
    N_(
        "this form was not sent from a page of yours that is still right; nothing was done. Go back, load "
        "the page again and repeat it"
    ),
    N_("too many tries to sign in; wait %(seconds)s seconds"),
    N_("there is no such page at the desk; start at its front"),
    N_("nobody signs in here: the proxy before this desk says who it is"),
    N_("you were taken from the list of people just now"),
    N_("too many requests wait for the archive; try again in a moment"),
    N_("the archive has more to do than it can; try again in a moment"),
    N_("the body has more than %(bytes)s bytes; send less at once, or raise service.%(setting)s"),
    N_("the service failed on this; try again, or tell its operator: the log has the reason under %(id)s"),
    N_("the map is not made yet; look again in a while, or run: related map"),
    N_("no story %(story)s is on the map now; load it again"),
)
"""To who may not, or has to wait."""

_ACTS = (
    N_("no story at %(story)s; publish it first, or ask by its id"),
    N_("no story %(story)s in this archive; publish it first, or find its id"),
    N_("no story %(story)s in this archive; the act is undone all the same"),
    N_("story %(story)s is %(why)s, readers may not see it; %(way_out)s"),
    *(N_("see %(story)s"), N_("bring it back first"), N_("ask for a preview of its block")),
    N_("story %(story)s is set aside: %(reason)s; send a new version, or remove it"),
    N_("position %(position)s is none; give a number from 1 to %(slots)s"),
    N_("no act %(num)s that stands; the history of the block lists them"),
    N_("no change %(num)s of a block is known any more; look at the last ones again"),
    N_(
        "more than %(most)s changes came for this reason, too many to put back at once; put single blocks "
        "back on the pages of their stories"
    ),
    N_("act %(num)s takes another one back; do that one once more instead"),
    N_("act %(num)s was taken back by act %(other)s"),
    N_("act %(num)s is not done yet; take it back when it is"),
    N_("%(count)s blocks are more than %(most)s; take fewer at once"),
    N_("no act %(num)s on many blocks; the list of them has all"),
    N_("no thread has story %(story)s: threads tell of the last %(days)s days"),
)
"""On blocks, threads and ratings."""

_CHOICES = (
    N_("setting %(name)s is %(value)s; give %(what)s, %(least)s to %(most)s"),
    N_("setting %(name)s is %(value)s; give a whole number from 1 up"),
    N_("setting %(name)s is %(value)s; give a number from 0 up"),
    N_("setting %(name)s is %(value)s; give %(most)s at most"),
    N_("setting %(name)s is %(value)s; give %(what)s"),
    N_("nothing would differ; move one of %(names)s"),
    N_("the note has %(count)s characters; say it in %(most)s"),
    N_("a comparison runs already; end it first"),
    N_("settings were chosen meanwhile; look at them, and begin again"),
    N_("no comparison runs; begin one first"),
    N_("there is no choice %(num)s of settings; the list has their numbers"),
    N_("readers' clicks compare the settings that hold with others; end that first"),
    N_("%(who)s; look at them, and choose again"),
    N_("%(name)s chose settings meanwhile (choice %(num)s)"),
    N_("no choice holds"),
    N_("as before choice %(num)s"),
    N_("as the file has them"),
)
"""Of settings, and of comparisons."""

_FIELDS = (
    N_("%(name)s is %(value)s; give a day, as 2024-05-01, or a time in RFC 3339, as 2024-05-01T12:00:00Z"),
    N_("language %(language)s is none; give a BCP 47 tag such as en"),
    N_("the draft's body is %(value)s; give its text, plain or HTML"),
    *(N_("is nothing that can be done"), N_("is none"), N_("is chosen for no story")),
    N_("has %(count)s stories, more than %(most)s"),
    N_("choose it on the page again"),
    *(N_("give a number from 1 up"), N_("give 0, 1 or 2"), N_("follow a link of the desk")),
    *(N_("rate one, or skip the block"), N_("give one from 1 to 1000")),
    N_("choose another"),
    N_("has %(count)s characters, more than %(most)s"),
    N_("has an unpaired %(character)s"),
    N_("holds HTML markup (%(tag)s)"),
    *(N_("shorten it, or raise the limit in the settings"), N_("close or remove it"), N_("send plain text")),
    *(N_("remove it; check how the text was decoded"), N_("remove it")),
    N_("holds %(character)s"),
)
"""What is wrong with a field, and what to do."""

_FIGURES = (
    N_(
        "%(count)s stories link to earlier ones; a measurement by links needs %(least)s: import links, or "
        "stories with links in their texts"
    ),
    N_("none of the stories with links has earlier ones to choose among; see whether times are right"),
    N_("Something is wrong with the measuring itself: %(error)s"),
    N_("version %(num)s of %(made)s, from %(links)s links"),
    N_("the shipped weights"),
    N_("%(links)s links since"),
    N_("%(links)s links"),
    N_("%(gain)s nDCG@5 on %(stories)s newer stories"),
    N_("tried %(made)s: %(done)s"),
    N_("tried next from %(links)s links on"),
    N_("went back: %(made)s"),
    N_("clicks do not count yet"),
    N_("%(missing)s missing, %(stale)s stale, %(short)s short"),
    N_("%(count)s stored, %(standing)s"),
    N_("%(frozen)s frozen, %(imported)s imported, %(pinned)s with pins"),
    N_("%(count)s that no block links to"),
    N_("%(count)s in more blocks than the cap"),
    N_("none"),
)
"""On the page of quality."""

_CLICKED = (
    *(N_("both name"), N_("both speak of"), N_("both under a tag"), N_("of the same column")),
    *(N_("by the same author"), N_("its author linked to it before"), N_("often linked")),
    *(N_("stories like this one link to it"), N_("on a similar subject")),
)
"""Kinds of reasons, on the page of clicks."""

_PROPOSED = (
    N_("An earlier link on these words led there"),
    N_("%(count)s earlier links on these words led there"),
    N_("The phrase is its headline"),
    N_("Its headline says %(words)s"),
    N_("It says %(words)s"),
    N_("It is on the same subject as the passage"),
)
"""Why a link belongs in a draft."""

_DONE = "published"
_DOINGS = frozenset(_WORDS)
"""What may stand as what was done: any other text is not that message."""

KNOWN: Sequence[str] = (
    *_WORDS,
    *_REFUSALS,
    *_STATES,
    *_VISITS,
    *_ACTS,
    *_CHOICES,
    *_FIELDS,
    *_FIGURES,
    *_CLICKED,
    *_PROPOSED,
)
"""All of them; of two that a text could be the first one counts."""

_ALIKE = frozenset(KNOWN)
"""What is known may be written as in English: "editor" in Spanish, "%(name)s: %(done)s" in most."""


def said(text: str, words: Words) -> Markup:
    """Return what another package said in a person's language, its values kept apart by direction.

    What is not known is marked as English.
    """
    message, values = recovered(text)
    found = words(message)
    is_known = found != message or message in _ALIKE
    if not is_known and words.tag != ENGLISH and any(map(str.isalpha, message)):
        return Markup('<span lang="en" dir="ltr">{}</span>').format(text)
    if not values:
        return escape(found)
    told = {name: said(value, words) if name in _PARTS else _apart(value) for name, value in values.items()}
    return escape(found) % told


def who(name: str, words: Words) -> Markup:
    """Return who did something: a name as it is, and that of an act on many blocks in words."""
    return said(name, words) if recovered(name)[1] else _apart(name)


def said_in_parts(text: str, words: Words) -> Markup:
    """Return several messages on one line, each as `said` has it."""
    return Markup("; ").join(said(part, words) for part in re.split(r"; |\. ", text))


@functools.lru_cache(4096)
def recovered(text: str) -> tuple[str, Mapping[str, str]]:
    """Return the message that a text is, and the values that stand in it; the text itself for one unknown."""
    if len(text) <= LONGEST:
        for message, pattern in _patterns():
            if (found := pattern.fullmatch(text)) and found.groupdict().get("done", _DONE) in _DOINGS:
                return message, found.groupdict()
    return text, {}


@functools.cache
def _patterns() -> Sequence[tuple[str, re.Pattern[str]]]:
    return [(message, _pattern(message)) for message in KNOWN if _VALUE.search(message)]


def _pattern(message: str) -> re.Pattern[str]:
    parts = _VALUE.split(message)
    kinds = (r"[\d.,]+" if part in _NUMBERS else ".+?" for part in parts)
    named = (
        f"(?P<{part}>{kind})" if place % 2 else re.escape(part)
        for place, (part, kind) in enumerate(zip(parts, kinds, strict=True))
    )
    return re.compile("".join(named), re.DOTALL)


def _apart(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)
