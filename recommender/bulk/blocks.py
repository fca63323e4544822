"""What is in sources, cut into blocks that go by what their stories say. Knows no Ray, and no shard's form.

Where a block ends is told by the stories themselves: a story that was added to an export changes the block
in which it stands, and no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from recommender.bulk.addresses import shown
from recommender.bulk.places import Place
from recommender.embedding import cutting
from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused, linked
from recommender.ingest.reading import STDIN, File, is_address, read_file, read_folder, read_source
from recommender.story.hashes import text_hash
from recommender.story.story import Story

USUAL, MOST = 128, 512  # stories: some ten seconds of one processor, which is what a crash can cost
FORMAT = 1  # of what is in a shard; another one, and all are made anew


@dataclass(slots=True)
class Block:
    """Some that follow each other in one source.

    Attributes
    ----------
    items : list of Found or Refused
        In their order.
    texts : dict of str to Story
        Those that are stories, by text hash: of one text the first.
    """

    items: list[Found | Refused] = field(default_factory=list)
    texts: dict[str, Story] = field(default_factory=dict)

    def name(self, model: str) -> str:
        """Return what a block with these texts goes by, embedded by a model with such weights.

        Another way to cut texts gives other vectors, and so another name.
        """
        said = "\n".join([str(FORMAT), cutting(), model, *self.texts])
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def blocks(items: Iterable[Found | Refused]) -> Iterator[Block]:
    """Yield what is read, block by block, in its order."""
    block = Block()
    for item in items:
        block.items.append(item)
        is_end = len(block.items) >= MOST
        if isinstance(item, Found):
            key = text_hash(item.story)
            block.texts.setdefault(key, linked(item))
            is_end |= int(key[:8], 16) % USUAL == 0
        if is_end:
            yield block
            block = Block()
    if block.items:
        yield block


def read(source: str, options: Options, kind: str | None) -> Iterator[Found | Refused]:
    """Yield what is in a file or a folder, on a disk or in an object store; see `read_source`.

    Raises
    ------
    SourceError
        Where it cannot be read more than once, too: standard input, or the address of a site.
    """
    if source == STDIN or is_address(source):
        raise SourceError(f"{shown(source)} cannot be read twice, as bulk loading does; use `related add`")
    if "://" not in source:
        yield from read_source(source, options, kind)
        return
    place = Place.of(source)
    if place.is_folder():
        files = (File(name, partial(Place.open, place.below(name))) for name in place.files())
        yield from read_folder(place.address, files, options, kind)
        return
    with place.open() as file:
        yield from read_file(file, replace(options, name=place.address), kind)
