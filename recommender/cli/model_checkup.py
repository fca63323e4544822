"""What `related doctor` looks at of the model: installed, compiled, checked, how fast. Changes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from recommender.archive.model_choice import AUTO, is_quick
from recommender.cli.archive_checkup import held_model
from recommender.cli.archive_option import as_option
from recommender.cli.checkup import Finding, Place, State, quoted, seen, settings_of
from recommender.embedding.base import Embedder
from recommender.embedding.compiled import CompiledEmbedder
from recommender.embedding.compiled_files import FORMAT, DamagedCacheError
from recommender.embedding.compiling import sample_texts
from recommender.embedding.models import (
    DEFAULT_MODEL,
    STATIC_MODEL,
    STATIC_WEIGHTS,
    ModelFiles,
    install,
    known_model,
)
from recommender.embedding.opening import can_compile, open_embedder
from recommender.embedding.runtime import fingerprint
from recommender.errors import ModelError

OTHER_CACHE = '"$(mktemp -d /var/tmp/related-models.XXXXXX)"'
"""A directory that a restart leaves, and that is this user's alone: what others put in one that all can name
would be run."""
TEXTS = 16  # that the rate is measured on: long ones, as in the choice of a precision


def of_model(place: Place) -> Iterator[Finding]:
    """Look whether the model is installed, compiled and checked, and how fast it embeds."""
    settings = settings_of(place)
    name = settings.model if settings.model != AUTO else held_model(place) or DEFAULT_MODEL
    cache = settings.cache_dir
    if name == STATIC_MODEL:
        yield Finding("model", State.OK, f"{name}, part of this package: nothing is compiled")
        yield _rate(open_embedder(name))
        if not is_quick(STATIC_WEIGHTS, settings):
            return
        name = settings.model if settings.model != AUTO else DEFAULT_MODEL  # what comes after it
    yield Finding("model cache", State.OK, str(cache))
    try:
        files = known_model(name)
        own = cache / f"{files.weights_hash[:16]}-{fingerprint()}-{FORMAT}"
        others = sorted(cache.glob(f"{files.weights_hash[:16]}-*-{FORMAT}"))
        if own.is_dir():
            yield from _compiled(files, own)
        elif others:
            yield from _of_another(place, files, others[0])
        else:
            yield _missing(files, cache)
    except (ModelError, OSError) as error:
        yield Finding("model", State.FAULT, str(error), install(name))


def _compiled(files: ModelFiles, directory: Path, *, is_foreign: bool = False) -> Iterator[Finding]:
    try:
        embedder = CompiledEmbedder(
            files.name, directory, files.prompts, is_foreign=is_foreign, keeps_check=False
        )
    except (FileNotFoundError, DamagedCacheError) as error:
        words = f"{error}; where what compiles is installed it is made anew, else copy it again:"
        yield Finding("model", State.FAULT, words, f"rm -r {quoted(directory)}")
        return
    precision, worst = embedder.marker.precision, embedder.agreement.worst
    words = f"{files.name}, compiled in {precision}, least cosine with the original {worst:.4f}"
    yield Finding("model", State.OK, words)
    yield _rate(embedder)


def _rate(embedder: Embedder) -> Finding:
    texts = sorted(sample_texts(), key=len)[-TEXTS:]
    embedder.encode(texts)
    start = time.perf_counter()
    embedder.encode(texts)
    rate = len(texts) / (time.perf_counter() - start)
    return Finding("embedding", State.OK, f"{rate:,.1f} passages a second")


def _of_another(place: Place, files: ModelFiles, directory: Path) -> Iterator[Finding]:
    words = f"{files.name} was compiled for another processor or version of OpenVINO: {directory}"
    if can_compile():
        mend = f"related query anything {as_option(place.archive)}"
        yield Finding("model", State.FAULT, f"{words}; its next use compiles it anew, such as:", mend)
        return
    yield Finding("compiled elsewhere", State.NOTE, words)
    yield from _compiled(files, directory, is_foreign=True)


def _missing(files: ModelFiles, cache: Path) -> Finding:
    if not can_compile():
        words = f"{files.name} is not compiled, and what compiles it is not installed"
        return Finding("model", State.FAULT, words, install(files.name))
    files.verify()
    if not os.access(there := seen(cache), os.W_OK):
        words = f"{files.name} is not compiled, and this user may not write {there}; take another directory:"
        return Finding("model", State.FAULT, words, f"export RELATED_MODEL_CACHE={OTHER_CACHE}")
    words = f"{files.name} is installed; its first use compiles it, in a minute or two"
    return Finding("model", State.NOTE, words)
