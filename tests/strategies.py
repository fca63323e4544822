"""Stories as hypothesis draws them: valid ones, and objects that may be anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from recommender.errors import StoryError
from recommender.story.story import Status, Story

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BIDI_MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# What headlines are made of; letters whose cases, lengths or values surprise (dotless and dotted I, long S,
# Kelvin, sharp S, ligatures); figures of other scripts; marks on marks; lone marks that turn or join.
_WORDS = "Part |part|#|Episode |how |: |. |'s|-|iv|ix|IIII|seven|12|1.2,3|NASA |GitHub |The Hague |of the "
_LETTERS = (
    "\u0130|\u0131|\u017f|s\u0131x|\u212a|\u00df|\u1e9e|\u0345|\ufb03|\ufdfa|\uff9e|\u6771\u4eac|\u0e20\u0e32"
)
_FIGURES = "\u00b2|\u2460|\u2167|\u0663|\u09ea|\U0001d7d8|\u5341"
_MARKS = "e\u0301\u0323|\u200f|\u200d|\ufeff|\U0001f469\u200d\U0001f4bb|\u2028|\u0995\u09cd\u09b7"
_SIGNS = '<b|</|&amp;|"|\u201d|\ufffd|\U0010ffff|\n'
_LONG = [" " * 99, "x" * 300, "A-" * 50, "9" * 400, "\u0301" * 40, "\u0323\u0301" * 20]
_PIECES = [*"|".join((_WORDS, _LETTERS, _FIGURES, _MARKS, _SIGNS)).split("|"), *_LONG]
UNICODE = st.lists(
    st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=12
).map("".join)
"""Any text that can be written as UTF-8, control characters too, much of it made to surprise."""

# Text that a story may hold, and that a careless page would get wrong.
FAIR_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=BIDI_MARKS), max_size=30
) | st.sampled_from(
    [
        "a < b & c > d",
        "\"'`",
        "&lt;b&gt;",
        "{{ 7 * 7 }}{% raw %}",
        "javascript:alert(1)",
        "\u2067\u05d0\u2069",
    ]
)
FOUL_TEXT = st.text(st.characters(codec=None, categories=None), max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "]]>--></style></aside>",
        "\" onmouseover='alert(1)",
        "\u202etxt",
        "\u2067\u05d0",
        "\ud800",
        "\x00\x1b[31m",
        "   ",
    ]
)
TIMES = st.datetimes(datetime(1600, 1, 2), datetime(2026, 6, 1)).map(lambda time: time.replace(tzinfo=UTC))
_ISO = TIMES.map(datetime.isoformat)
_LATER = st.integers(-(10**9), 10**9).map(lambda seconds: (NOW + timedelta(seconds=seconds)).isoformat())


def _json(text: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    leaf = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text
    return st.recursive(
        leaf,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=4,
    )


def _known(text: st.SearchStrategy[str]) -> dict[str, st.SearchStrategy[object]]:
    more = _json(text)
    line = text.map(lambda words: f"x {words}".strip())
    image = st.fixed_dictionaries(
        {}, optional={"url": st.just("https://a.example/i.jpg"), "caption": text, "credit": more}
    )
    link = st.fixed_dictionaries({"target": line}, optional={"anchor": text, "rel": more})
    return {
        "id": text.map(lambda words: "".join(f"x{words}".split())),
        "headline": line,
        "published": _ISO,
        "url": st.just("https://a.example/1?x=1&y=2"),
        "deck": text,
        "body": text,
        "updated": _ISO,
        "language": st.sampled_from(["en", "pt-BR", "zh-Hant-TW", "bn"]),
        "section": text,
        "tags": st.lists(text, max_size=2),
        "authors": st.lists(text, max_size=2),
        "kind": st.sampled_from(["news", "opinion", "fact-check"]),
        "image": image,
        "status": st.sampled_from(["draft", "published", "corrected", "retracted", "expired"]),
        "embargo_until": _LATER,
        "expires": _LATER,
        "successor": st.just("the-next"),
        "canonical_url": st.just("https://a.example/c"),
        "links": st.lists(link, max_size=2),
        "translations": st.lists(line, max_size=2),
        "translation_of": line,
        "translation_key": text,
        "sensitive": st.booleans(),
        "never_link_from": st.booleans(),
        "never_link_to": st.booleans(),
    }


def _objects(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    known = _known(text)
    required = {name: known.pop(name) for name in ("id", "headline", "published")}
    more = st.dictionaries(text, _json(text), max_size=2)
    return st.builds(
        lambda first, then: {**then, **first}, st.fixed_dictionaries(required, optional=known), more
    )


# A story's fields, any of which may hold anything at all.
HOSTILE_OBJECTS = st.builds(
    lambda story, name, value: {**story, name: value},
    _objects(FOUL_TEXT),
    st.sampled_from([*_known(FOUL_TEXT), "image_caption"]),
    _json(FOUL_TEXT),
)
STATUSES = st.sampled_from([*Status])


def _read(values: dict[str, object]) -> Story | None:
    try:
        return Story.from_json(values, now=NOW)
    except StoryError:  # a text that happens to be markup
        return None


ANY_OBJECTS = _objects(UNICODE)
"""Objects of a story's form whose texts are any that can be written."""

STORIES = _objects(FAIR_TEXT).map(_read).filter(lambda story: story is not None)
