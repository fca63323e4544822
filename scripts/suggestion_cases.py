"""A publisher's archive to ask for links in, its stories with their links as it would hold them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.evaluation.anchors import AnchorCase, read_anchor_case
from recommender.settings import Settings


def read(folder: Path) -> AnchorCase:
    """Read a folder of ``articles.jsonl`` and ``links.jsonl``."""
    return read_anchor_case(folder / "articles.jsonl", folder / "links.jsonl")


@contextmanager
def archive_of(case: AnchorCase, name: str, kept: Path | None) -> Iterator[Archive]:
    """Yield an archive of a case: one that was kept, else a new one, after minutes of embedding."""
    with TemporaryDirectory(prefix="related-suggestions-") as place:
        path = Path(place) / name if kept is None else kept / name
        held = path.exists()
        with (Archive.open if held else Archive.create)(ArchivePlace.alone(path), Settings()) as archive:
            if not held:
                archive.add(case.linked)
            yield archive
