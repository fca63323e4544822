"""Synthetic stories of any number, mixed from real ones: topics, bursts, reprints, dates. Writes no files.

Everything follows from the seed and a story's number, so an archive of n stories is the beginning of any
larger one, and any part can be made anew, or by several processes. Each part draws on those
before it; hence the length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender import Story
from recommender.ingest.jsonl import read_stories
from recommender.story.story import Link, Status

ROOT = Path(__file__).resolve().parent.parent
SEED_FILES = tuple(ROOT / "seeds" / corpus / "articles.jsonl" for corpus in ("digitalgov", "wikinews"))
SITE = "https://news.example"

Ints = NDArray[np.int64]
Vectors = NDArray[np.float16]

BLOCK = 256  # stories that are planned together: about two days of the publisher below
PER_DAY = 120  # stories a day of a national news site: a million in 23 years
START = datetime(2000, 1, 3, tzinfo=UTC)
DAY = 24 * 3600  # seconds
BUSY_HOURS, NIGHT_SHARE = (7, 19), 0.1  # most stories come out by day

NEIGHBOURS = 40  # of a seed story: where a topic's second and third source come from
EVENT_SLOTS = 8  # events that begin in a block; the first is the largest
EVENT_SHARE = 0.6  # stories that report an event, several within days; the others stand alone
EVENT_AGE = 0.35  # an event's chance to end with each block: half are over after two, a few last weeks
REPRINT_SHARE = 0.02  # stories that repeat an earlier one: 75 of the seeds' 2,312 stand in two archives
REPRINT_REACH = 1000  # how many stories earlier a reprint's original may be
LINK_SHARE = 0.5  # stories that link to an earlier story of the same event

MIX = (0.40, 0.25, 0.20)  # of a story's phrases: from its topic's three sources; the rest from anywhere
PHRASE = (3, 13)  # words of a phrase, upper bound exclusive
WORDS_MEDIAN, WORDS_SPREAD = 330, 0.6  # a log-normal length: agency copy with some long reads
WORDS_LEAST, WORDS_MOST = 40, 2500
PARAGRAPH = 7  # phrases
NAMES = 5  # invented names of an event, of a lone story as well
NAME_SHARE = 0.25  # phrases that hold one of them: what makes a million stories differ in rare words
CHUNK_WORDS, CHUNKS_MOST = 190, 4  # about 250 tokens a chunk, 1,024 a story, as the embedding cuts them

EVENT_NOISE, OWN_NOISE = 0.35, 0.45
"""Length of the random part of a unit vector, shared by an event and by one row: with these the cosine of a
story with its 10th and its 200th nearest, at the seeds' size, is about that of the real ones."""

KINDS = ("news", "opinion", "explainer", "live", "analysis")
KIND_SHARES = (0.84, 0.07, 0.04, 0.02, 0.03)
STATUSES = (Status.PUBLISHED, Status.CORRECTED, Status.RETRACTED, Status.EXPIRED, Status.DRAFT)
STATUS_SHARES = (0.985, 0.005, 0.003, 0.005, 0.002)
SECTIONS = ("world", "politics", "business", "technology", "science", "culture", "sport", "regions")
DESKS = 60


# What random numbers are for: each purpose has its own, so that one more draw here changes nothing there.
_PLAN, _EVENT, _LONE, _TEXT, _DETAIL, _SHARED, _OWN = range(7)


@dataclass(frozen=True, eq=False)
class Material:
    """The real stories that all others are mixed from.

    Attributes
    ----------
    ids : sequence of str
    headlines, bodies : sequences of lists of str
        Words, as they are written.
    tags : sequence of tuples of str
    neighbours : (n, NEIGHBOURS) int64
        The most similar other ones, by TF-IDF.
    parts : list of str
        Long words, whose halves make new names.
    """

    ids: Sequence[str]
    headlines: Sequence[Sequence[str]]
    bodies: Sequence[Sequence[str]]
    tags: Sequence[tuple[str, ...]]
    neighbours: Ints
    parts: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def read(cls, files: Iterable[Path] = SEED_FILES) -> Material:
        """Read the seeds."""
        stories = [item for file in files for item in read_stories(file) if isinstance(item, Story)]
        stories = [story for story in stories if len(story.text.split()) > PHRASE[1]]
        bodies = [story.text.split() for story in stories]
        words = {word for body in bodies for word in body if word.isascii() and word.isalpha()}
        return cls(
            [story.id for story in stories],
            [story.headline.split() for story in stories],
            bodies,
            [story.tags for story in stories],
            _neighbours([f"{story.headline} {story.text}" for story in stories]),
            sorted({word.lower() for word in words if len(word) > 5}),
        )


def _neighbours(texts: Sequence[str]) -> Ints:
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32).fit_transform(texts)
    cosines = np.asarray((rows @ rows.T).todense())
    np.fill_diagonal(cosines, -1)
    return np.argsort(-cosines, axis=1, kind="stable")[:, :NEIGHBOURS]


@dataclass(frozen=True, slots=True)
class Topic:
    """What an event, or a lone story, is about: three sources, new names, and a number of its own."""

    number: int
    sources: tuple[int, int, int]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A block of stories before they are written, one row a story.

    Attributes
    ----------
    events : (BLOCK,) int64
        Number of the event; -1 for a story that stands alone or is a reprint.
    originals : (BLOCK,) int64
        Number of the story that is reprinted, or the story's own.
    published : (BLOCK,) int64
        Epoch seconds, ascending.
    words : (BLOCK,) int64
        Length.
    """

    events: Ints
    originals: Ints
    published: Ints
    words: Ints


class Newsroom:
    """The synthetic publisher: any story by its number, from 0.

    Parameters
    ----------
    material : Material
        The real stories.
    seed : int
        Another seed is another publisher.
    """

    def __init__(self, material: Material, seed: int = 1) -> None:
        self.material, self.seed = material, seed
        self._plan = lru_cache(64)(self._make_plan)
        self._event = lru_cache(4096)(self._make_event)

    def rng(self, *what: int) -> np.random.Generator:
        """Return the random numbers of one purpose; equal ones for equal ``what``."""
        return np.random.default_rng((self.seed, *what))

    def _make_plan(self, block: int) -> Plan:
        rng = self.rng(_PLAN, block)
        numbers = np.arange(block * BLOCK, (block + 1) * BLOCK)
        weights = 1 / np.arange(1, EVENT_SLOTS + 1)
        slots = rng.choice(EVENT_SLOTS, BLOCK, p=weights / weights.sum())
        begun = block - (rng.geometric(EVENT_AGE, BLOCK) - 1)
        lone = (rng.random(BLOCK) >= EVENT_SHARE) | (begun < 0)
        back = rng.integers(1, REPRINT_REACH, BLOCK)
        reprint = (rng.random(BLOCK) < REPRINT_SHARE) & (numbers >= REPRINT_REACH)
        length = WORDS_MEDIAN * np.exp(WORDS_SPREAD * rng.standard_normal(BLOCK))
        return Plan(
            np.where(lone | reprint, -1, begun * EVENT_SLOTS + slots),
            np.where(reprint, numbers - back, numbers),
            _times(numbers, rng),
            np.clip(length, WORDS_LEAST, WORDS_MOST).astype(np.int64),
        )

    def _make_event(self, event: int) -> Topic:
        return self._topic(event, self.rng(_EVENT, event))

    def _topic(self, number: int, rng: np.random.Generator) -> Topic:
        first = int(rng.integers(len(self.material)))
        second, third = (int(i) for i in rng.choice(self.material.neighbours[first], 2, replace=False))
        names = tuple(self._name(rng) for _ in range(NAMES))
        return Topic(number, (first, second, third), names)

    def _name(self, rng: np.random.Generator) -> str:
        parts = self.material.parts
        left, right = (parts[int(i)] for i in rng.integers(len(parts), size=2))
        return (left[: len(left) // 2 + 1] + right[-len(right) // 2 :]).capitalize()

    # One story

    def outline(self, number: int) -> tuple[Topic, int]:
        """Return a story's topic and its length in words, unless it reprints another one."""
        plan, row = self._plan(number // BLOCK), number % BLOCK
        event = int(plan.events[row])
        topic = self._event(event) if event >= 0 else self._topic(-1 - number, self.rng(_LONE, number))
        return topic, int(plan.words[row])

    def original(self, number: int) -> int:
        """Return the number of the story that this one reprints, or its own."""
        plan = self._plan(number // BLOCK)
        return int(plan.originals[number % BLOCK])

    def story(self, number: int) -> Story:
        """Return story ``number``."""
        plan = self._plan(number // BLOCK)
        original = self.original(number)
        topic, words = self.outline(original)
        headline, body = self._text(original, topic, words)
        rng = self.rng(_DETAIL, number)
        first = self.material.tags[topic.sources[0]]
        return Story(
            id=story_id(number),
            url=f"{SITE}/{number}",
            headline=headline if original == number else f"{headline} (update)",
            body=body,
            published=datetime.fromtimestamp(int(plan.published[number % BLOCK]), UTC),
            language="en",
            section=SECTIONS[topic.sources[0] % len(SECTIONS)],
            tags=first[:4],
            authors=(f"Desk {topic.sources[0] % DESKS + 1}",),
            kind=str(rng.choice(KINDS, p=KIND_SHARES)),
            status=STATUSES[int(rng.choice(len(STATUSES), p=STATUS_SHARES))],
            links=self._links(number, topic, rng),
        )

    def _text(self, number: int, topic: Topic, words: int) -> tuple[str, str]:
        """Return headline and body: phrases of the topic's sources, with its names here and there."""
        rng = self.rng(_TEXT, number)
        count = max(3, 2 * words // sum(PHRASE))
        bounds = np.cumsum(MIX)
        draws = rng.random((count, 4)).tolist()
        lengths = rng.integers(*PHRASE, size=count).tolist()
        pieces: list[str] = []
        for place, ((which, start, name, which_name), length) in enumerate(zip(draws, lengths, strict=True)):
            k = int(np.searchsorted(bounds, which)) if which > bounds[0] else 0
            source = topic.sources[k] if k < len(MIX) else int(start * 1e9) % len(self.material)
            body = self.material.bodies[source]
            first = int(start * max(1, len(body) - length))
            if name < NAME_SHARE:
                pieces.append(topic.names[int(which_name * NAMES)])
            pieces.extend(body[first : first + length])
            if place % PARAGRAPH == PARAGRAPH - 1:
                pieces[-1] = pieces[-1].rstrip(".,;:") + ".\n\n"
        heads = [self.material.headlines[source] for source in topic.sources[:2]]
        cuts = [int(rng.integers(max(1, len(head) - 3))) for head in heads]
        title = [word for head, cut in zip(heads, cuts, strict=True) for word in head[cut : cut + 4]]
        return " ".join([topic.names[number % 2], *title]), " ".join(pieces)

    def _links(self, number: int, topic: Topic, rng: np.random.Generator) -> tuple[Link, ...]:
        """Return a link to the story of the same event that came just before, half of the time."""
        if topic.number < 0 or rng.random() >= LINK_SHARE:
            return ()
        for block in range(number // BLOCK, max(-1, number // BLOCK - 3), -1):
            plan = self._plan(block)
            same = np.flatnonzero(plan.events == topic.number) + block * BLOCK
            earlier = same[same < number]
            if len(earlier):
                return (Link(target=story_id(int(earlier[-1])), anchor=topic.names[0]),)
        return ()

    def stories(self, start: int, stop: int) -> Iterator[Story]:
        """Yield stories ``start`` to ``stop``, exclusive."""
        return map(self.story, range(start, stop))


def story_id(number: int) -> str:
    """Return the id of a story by its number."""
    return f"synthetic-{number:08d}"


def _times(numbers: Ints, rng: np.random.Generator) -> Ints:
    """Return when stories come out: so many a day, by day more than by night, in order."""
    days, place = np.divmod(numbers, PER_DAY)
    share = (place + rng.random(len(numbers))) / PER_DAY
    hours = np.interp(share, (0, NIGHT_SHARE / 2, 1 - NIGHT_SHARE / 2, 1), (0, *BUSY_HOURS, 24))
    return int(START.timestamp()) + days * DAY + (hours * 3600).astype(np.int64)


class Painter:
    """Vectors of synthetic stories: those of their sources, mixed as their words are, and disturbed.

    Parameters
    ----------
    newsroom : Newsroom
        Who writes the stories.
    real : mapping of str to (1 + chunks, d) float16
        The seeds' own vectors, by id.
    """

    def __init__(self, newsroom: Newsroom, real: Mapping[str, Vectors]) -> None:
        self.newsroom = newsroom
        self._rows = [np.asarray(real[key], np.float32) for key in newsroom.material.ids]

    def vectors(self, number: int) -> Vectors:
        """Return the unit vectors (1 + chunks, d) of story ``number``; a reprint has its original's."""
        number = self.newsroom.original(number)
        topic, words = self.newsroom.outline(number)
        chunks = min(-(-words // CHUNK_WORDS), CHUNKS_MOST)
        sources = [self._rows[source] for source in topic.sources]
        dimension = sources[0].shape[1]
        own = self.newsroom.rng(_OWN, number)
        shared = self.newsroom.rng(_SHARED, abs(topic.number), int(topic.number < 0))
        mixed = np.zeros((1 + chunks, dimension), np.float32)
        for share, rows in zip(MIX, sources, strict=True):
            # Row 0 is the headline's; a chunk takes any of the source's chunks.
            picks = own.integers(min(1, len(rows) - 1), len(rows), size=chunks)
            mixed += np.float32(share) * rows[np.concatenate([[0], picks])]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        scale = np.float32(dimension**-0.5)
        mixed += EVENT_NOISE * scale * shared.standard_normal(dimension, np.float32)
        mixed += OWN_NOISE * scale * own.standard_normal(mixed.shape, np.float32)
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        return mixed.astype(np.float16)
