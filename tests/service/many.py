"""A directory of archives with stories of the same ids, and the application that serves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from recommender.desk.app import routes
from recommender.service.publisher import Shared
from recommender.service.publishers import Publishers
from recommender.service.publishers_settings import PublishersSettings, load_common
from recommender.service.work import Pools
from tests.fakes import HashEmbedder
from tests.service.running import add_key, make_archive

NAMES = ("gazette", "herald", "observer")


def word_of(name: str) -> str:
    """Return a word that stands in every story of a publisher and in no other's."""
    return f"only{name}"


def story(name: str, id: str, day: int = 1, words: str = "") -> dict[str, object]:
    """Return a story as it is sent; those of a publisher are related and no copies of each other."""
    mine, own = word_of(name), f"{id}x {id}y {id}z".replace("/", "")
    return {
        "id": id,
        "url": f"https://{name}.example/{id}",
        "headline": f"Ferry report {own} {mine} {words}".strip(),
        "deck": f"What the ferry of {mine} does",
        "body": f"Ferry river rescue passengers boat, says {mine}. {own} {words}. More of {own} {words}.",
        "published": f"2025-01-{day:02d}T06:00:00Z",
        "language": "en",
        "tags": [mine],
        "authors": [f"Desk of {mine}"],
    }


def make_publishers(directory: Path, names: tuple[str, ...] = NAMES, settings: str = "") -> dict[str, str]:
    """Make an archive each; return a key that may do everything, by publisher."""
    return {name: add_key(make_archive(directory / name, settings), "cms") for name in names}


def publishers(directory: Path, **chosen: object) -> Publishers:
    """Return the application over a directory, with an embedder that needs no model."""
    settings = PublishersSettings(**chosen)  # type: ignore[arg-type]
    shared = Shared(
        settings=load_common(directory, {}),
        pages=routes,
        models=lambda *_, **__: HashEmbedder(),
        pools=Pools(),
    )
    return Publishers(directory, settings, shared)


@contextmanager
def served(app: Publishers) -> Iterator[TestClient]:
    """Serve it to a client within the process."""
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


def bearer(key: str) -> dict[str, str]:
    """Return the header that shows a key."""
    return {"authorization": f"Bearer {key}"}
