"""What an archive holds and whether anything needs attention, as figures for an operator."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from index.filters import Field
from index.storage.file_checks import exposed
from index.storage.kernels import COMPILED
from recommender.archive.archive import Archive
from recommender.archive.click_appeals import where_on
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.model_choice import AUTO
from recommender.archive.private_files import DERIVED, secrets
from recommender.archive.view import View
from recommender.archive.weights_journal import in_words, told
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.catalog.model_move import ModelMove
from recommender.catalog.setting_rows import plain
from recommender.catalog.standstill import moves_to
from recommender.catalog.web_sources import WebSources
from recommender.embedding.provenance import UNCHECKED, described, is_checked
from recommender.errors import shown
from recommender.ranking.candidates import NEAREST
from recommender.ranking.model import LinearModel
from recommender.story.timestamps import format_time

SAMPLE = 20
"""Stories that the recall is measured on: a second at a million, and known to about a percent."""

RECALL_LIMIT = 0.97
"""A percent below what the index is built for."""

FAILURES = 3  # of a followed site in a row, from which it needs attention
MOST_NAMED = 10  # stories that are set aside, in the list of problems

DRIFT_LIMIT = 0.2  # share of new terms that the lexical model does not know, from which a rebuild is worth it


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveStatus:
    """The figures.

    Attributes
    ----------
    indexed, profile, lists, unlisted : int, str, int, int
        Stories in the index; how it searches ("exact", "fast", "compact"); its inverted lists, and the
        stories beside them that are scanned.
    recall : float or None
        Part of the exact nearest, 0 to 1, that the index finds, measured now on a sample of its stories among
        those published before each; None without an index.
    drift : float
        By how much the share of terms that the lexical model lacks has risen, 0 to 1.
    model_reason : str
        Why that model; "" where the settings name it.
    moving : str
        How far the archive has come on its way to another model; "" where it stays.
    vectors : tuple of str
        What made the vectors, each with what its check found: the least cosine with the model's original.
    loops : str
        What walks over the terms of a block's candidates: "compiled", or "numpy" where they could not
        be when the package was installed; a block then takes a third longer.
    catalog_bytes, derived_bytes : int
        Sizes on disk.
    set_aside : mapping of str to str
        Why stories that are held are shown to no reader, by id: something fails on them.
    learned : mapping of str to object
        The archive's own weights: version, from how many links, how many came since, how they do on newer
        stories, and what the last attempt to learn found; and what readers' clicks do, where they may.
    chosen_settings : str
        What editors chose over the settings of the file, with who and when; "" where nothing.
    followed : mapping of str to str
        Of each site that is followed, by its address: its stories, when it was read last, what went wrong.
    problems : tuple of str
        What needs attention, each with the way out.
    """

    path: str
    stories: int
    by_status: Mapping[str, int]
    embedded: int
    indexed: int
    profile: str
    lists: int
    unlisted: int
    recall: float | None
    links: int
    waiting_links: int
    model: str
    weights: str
    model_reason: str
    moving: str
    vectors: tuple[str, ...]
    ranker: str
    learned: Mapping[str, object]
    generation: int
    last_change: int
    unsaved_changes: int
    drift: float
    loops: str
    catalog_bytes: int
    derived_bytes: int
    set_aside: Mapping[str, str]
    chosen_settings: str
    followed: Mapping[str, str]
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the figures as JSON objects."""
        return asdict(self)

    def to_rows(self) -> list[tuple[str, str]]:
        """Return names and values for a table."""
        # The problems name the stories, and further rows the sites.
        values = self.to_dict() | {
            "set_aside": len(self.set_aside),
            "followed": len(self.followed),
            "learned": in_words(self.learned),
        }
        rows = [(name.replace("_", " "), _text(value)) for name, value in values.items()]
        return [*rows, *((f"follows {url}", words) for url, words in self.followed.items())]


def status_of(archive: Archive, model: LinearModel) -> ArchiveStatus:
    """Measure an archive."""
    view = archive.catch_up()
    counts = archive.catalog.statistics()
    embedding = archive.catalog.model()
    drift = view.hybrid.drift(view.store) if view.hybrid else 0.0
    problems = [problem] if (problem := view.engine_problem()) else []
    index = view.index.figures() if view.index is not None and not problems else None
    recall = None if problems else measured_recall(view)
    if recall is not None and recall < RECALL_LIMIT:
        problems.append(f"the index finds {recall:.1%} of the nearest stories: run `related rebuild`")
    if drift > DRIFT_LIMIT:
        problems.append(f"the lexical model misses {drift:.0%} of the newest terms: run `related rebuild`")
    if archive.catalog.addresses() != archive.settings.addresses:
        problems.append("the settings have other rules for addresses by now: run `related rebuild`")
    problems += exposed(secrets(archive.path))
    if to := moves_to(archive.catalog):
        problems.append(
            f"the archive moves, or has moved, to {to}, and takes no writes: serve that, or go on with: "
            "related migrate"
        )
    aside = _set_aside(archive, problems)
    if (lacking := counts.stories - len(view.store) - len(aside)) > 0:
        problems.append(f"{lacking} stories have no vectors: add them again")
    followed = _followed(WebSources(archive.catalog), problems)
    if embedding and not all(map(is_checked, embedding.made_by)):
        problems.append(UNCHECKED)
    reason = _model_reason(archive, problems)
    return ArchiveStatus(
        path=str(archive.path),
        stories=counts.stories,
        by_status=dict(counts.by_status),
        embedded=counts.embedded,
        indexed=index.rows if index else 0,
        profile=index.profile if index else "",
        lists=index.lists if index else 0,
        unlisted=index.unlisted if index else 0,
        recall=None if recall is None else round(recall, 4),
        links=counts.links,
        waiting_links=counts.waiting_links,
        model=embedding.name if embedding else "",
        weights=embedding.hash if embedding else "",
        model_reason=reason,
        moving=_moving(archive),
        vectors=tuple(described(made) for made in embedding.made_by) if embedding else (),
        ranker=model.version,
        learned=told(LearnedWeights(archive).journal(), archive.link_graph().to_earlier)
        | where_on(archive.catalog, archive.settings),
        generation=archive.generation,
        last_change=counts.last_seq,
        unsaved_changes=archive.unsaved_changes,
        drift=round(drift, 4),
        loops="compiled" if COMPILED else "numpy",
        catalog_bytes=counts.size,
        derived_bytes=_size(archive.path / DERIVED),
        set_aside=aside,
        chosen_settings=_chosen_settings(archive),
        followed=followed,
        problems=tuple(problems),
    )


def _chosen_settings(archive: Archive) -> str:
    last, fixed = ChosenSettings(archive.catalog).newest(), archive.live_settings.by_environment
    if last is None or not last["values"]:
        return ""
    words = ", ".join(
        f"{name} {plain(value)}" + (f" ({fixed[name]} counts before it)" if name in fixed else "")
        for name, value in last["values"].items()
    )
    at = format_time(datetime.fromtimestamp(last["at"], UTC))
    return f"{words}; choice {last['num']} by {last['by']}, {at}"


def _set_aside(archive: Archive, problems: list[str]) -> dict[str, str]:
    """Return why stories are shown to no reader, by id, and add the first to the problems."""
    aside = {each.id: each.reason for each in archive.quarantine.all()}
    problems += [
        f"story {shown(id)} is kept and not shown: {reason}; send a new version, remove it, "
        "or try again with: related rebuild"
        for id, reason in islice(aside.items(), MOST_NAMED)
    ]
    if len(aside) > MOST_NAMED:
        problems.append(f"{len(aside) - MOST_NAMED:,} more stories are kept and not shown: see --json")
    return aside


def _model_reason(archive: Archive, problems: list[str]) -> str:
    """Say why the archive has its model, and add to the problems where it should have another one."""
    held, wished, choice = archive.model, archive.settings.model, archive.model_choice()
    if choice is not None:
        problems += [f"{choice.reason}; {choice.way_out}"] if choice.way_out else []
        return choice.reason
    if held is not None and wished not in (AUTO, held.name) and archive.embedder.name == held.name:
        problems.append(
            f"the settings name the model {wished}, the vectors are by {held.name}: run `related reembed`"
        )
    return ""


def _moving(archive: Archive) -> str:
    standing = ModelMove(archive.catalog).standing()
    if standing is None:
        return ""
    done, name = f"{standing.done:,} of {standing.stories:,}", standing.model.name
    return f"{done} stories are embedded by {name}; go on with: related reembed {name}"


def _followed(sources: WebSources, problems: list[str]) -> dict[str, str]:
    """Say of each site that is followed how that goes, and add those that keep failing to the problems."""
    words = {}
    for row in sources.followed():
        when = "not read yet"
        if row.succeeded is not None:
            when = f"read {format_time(datetime.fromtimestamp(row.succeeded, UTC))}"
        words[row.url] = f"{sources.count(row.url):,} stories, {when}" + (
            f"; {row.error}" if row.error else ""
        )
        if row.failures >= FAILURES:
            problems.append(f"{row.url} failed {row.failures} times in a row: {row.error}")
    return words


def measured_recall(view: View) -> float | None:
    """Return which part of the exact nearest is found, for `SAMPLE` stories, among the older half of all.

    An exact scan is compared with itself, which costs nothing and is 1.
    """
    if view.index is None or not len(view.store):
        return None
    half = int(np.median(view.store.column("published")[view.store.nums]))
    return view.index.measured_recall(SAMPLE, NEAREST, Field("published") <= half)


def _size(directory: Path) -> int:
    """Return the bytes of all files, each counted once however many generations link to it."""
    sizes = {}
    for path in directory.rglob("*"):
        with suppress(FileNotFoundError):  # of a generation that was pruned meanwhile
            found = path.stat()
            if stat.S_ISREG(found.st_mode):
                sizes[found.st_ino] = found.st_size
    return sum(sizes.values())


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count:,}" for name, count in value.items())
    if isinstance(value, tuple):
        return "; ".join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
