"""Which kinds of sources there are, and which of them takes a file."""

from importlib.metadata import EntryPoint

import pytest

from recommender.errors import SourceError
from recommender.ingest import registry
from recommender.ingest.base import Options, Origin, Refused, Source, found
from recommender.story.story import Story


class Notes:
    """A source that another package could bring."""

    kind = "notes"

    def recognises(self, head, name):
        return head.startswith(b"NOTE")

    def read(self, file, options):
        yield from ()


NOTES, NO_SOURCE = Notes(), object()


@pytest.fixture
def bring(monkeypatch):
    def _bring(name):
        point = EntryPoint("notes", f"{__name__}:{name}", registry.GROUP)
        monkeypatch.setattr(
            registry, "entry_points", lambda group: [point] if group == registry.GROUP else []
        )
        registry.sources.cache_clear()

    yield _bring
    monkeypatch.undo()
    registry.sources.cache_clear()


def test_every_source_keeps_to_the_protocol():
    assert all(isinstance(source, Source) for source in registry.sources())
    kinds = [source.kind for source in registry.sources()]
    assert len(kinds) == len(set(kinds))


def test_what_another_package_brings_is_asked_first(bring):
    bring("NOTES")
    assert registry.recognised(b"NOTE of a meeting", "x").kind == "notes"
    assert registry.source_of("notes") in registry.sources()


def test_what_is_brought_and_is_no_source_is_named(bring):
    bring("NO_SOURCE")
    with pytest.raises(SourceError, match=r"'notes' is no source of stories"):
        registry.sources()


def test_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(SourceError, match=r"no kind of source 'fax'; name one of .*json"):
        registry.source_of("fax")


def test_fields_become_a_story_or_a_refusal_that_names_its_place():
    options = Options(language="bn")
    values = {"id": "a", "headline": "Flood", "published": "2024-05-01T00:00:00Z", "deck": None}
    item = found(values, Origin(kind="notes", id="7"), options, number=3)
    assert isinstance(item.story, Story)
    assert (item.story.language, item.origin.id, item.origin.place) == ("bn", "7", "item 3")
    refused = found({**values, "published": "soon"}, Origin(kind="notes"), options, number=3)
    assert isinstance(refused, Refused)
    assert (refused.where, refused.id, refused.error.field) == ("item 3", "a", "published")
    nameless = found({"headline": "Flood"}, Origin(kind="notes"), options, number=4)
    assert "item 4" in str(nameless.error)
