"""The daily path: runs a compiled model from its cache. Imports no torch; knows not how it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from recommender.concurrency.fork_guard import ForkGuard
from recommender.embedding.agreement import CHECK, Agreement, agreement
from recommender.embedding.base import WINDOW, OnDone
from recommender.embedding.batches import batches, padded
from recommender.embedding.chunks import TokenChunker
from recommender.embedding.compiled_files import (
    BLOB,
    MODEL,
    REFERENCE,
    TOKENIZER,
    WEIGHTS,
    DamagedCacheError,
    Marker,
    check_files,
    read_marker,
    read_reference,
    write_marker,
)
from recommender.embedding.models import NO_PROMPTS, Prompts
from recommender.embedding.runtime import (
    ONE_STREAM,
    compile_model,
    configuration,
    cores,
    import_blob,
    requests,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKEN_BUDGET = 2048
"""Tokens in a batch, padding counted: 8 whole chunks, or some 120 headlines. Processor time a chunk on Zen 4:
512 15.9 ms, 2,048 15.6, 4,096 16.2, 8,192 17.8 (activations leave the second-level cache)."""

_REQUESTS_A_STREAM = 2
"""One that runs, and one that waits, so that no stream idles while results are copied."""

_Batch = tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]


class CompiledModel:
    """Runs one compiled model over texts: tokenize, batch by length, infer side by side, put back in order.

    Several threads may call it at once.

    Parameters
    ----------
    compiled : openvino.CompiledModel
        Takes `input_ids` and `attention_mask` (n, t), gives unit vectors (n, d).
    tokenizer : tokenizers.Tokenizer
        Truncates at the model's longest row.
    dimension, pad : int
        Length of a vector; id that fills a shorter row.
    """

    def __init__(self, compiled: Any, tokenizer: Tokenizer, dimension: int, pad: int) -> None:  # noqa: ANN401
        self._compiled, self._tokenizer = compiled, tokenizer
        self._dimension, self._pad = dimension, pad
        self._streams = requests(compiled)
        self._fork_guard = ForkGuard(self, "the embedding model", is_shared=True)

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d). Equal texts are computed once."""
        self._fork_guard.check()
        place = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        unique = list(place)
        vectors = np.empty((len(unique), self._dimension), np.float32)
        for start in range(0, len(unique), WINDOW):
            self._window(unique[start : start + WINDOW], vectors[start : start + WINDOW], on_done)
        if len(unique) == len(texts):
            return vectors
        if on_done is not None:
            on_done(len(texts) - len(unique))
        return vectors[[place[text] for text in texts]]

    def _window(self, texts: list[str], out: NDArray[np.float32], on_done: OnDone | None) -> None:
        rows = [tokens.ids for tokens in self._tokenizer.encode_batch_fast(texts)]

        def keep(places: NDArray[np.intp], vectors: NDArray[np.float32]) -> None:
            out[places] = vectors
            if on_done is not None:
                on_done(len(places))

        lengths = [len(row) for row in rows]
        # One story's few chunks would fit one batch, and all streams but one would idle.
        budget = min(TOKEN_BUDGET, -(-sum(lengths) // self._streams))
        self._run(
            ((places, *padded([rows[i] for i in places], self._pad)) for places in batches(lengths, budget)),
            keep,
        )

    def _run(
        self,
        todo: Iterable[_Batch],
        keep: Callable[[NDArray[np.intp], NDArray[np.float32]], None],
    ) -> None:
        """Keep all streams busy.

        Without callbacks: OpenVINO lets go of them in a thread of its own, which needs the interpreter for
        that, and so deadlocks or aborts a process that is ending.
        """
        running: deque[tuple[Any, NDArray[np.intp]]] = deque()

        def finish() -> Any:  # noqa: ANN401
            request, places = running.popleft()
            request.wait()
            keep(places, request.get_output_tensor().data)
            return request

        free = [self._compiled.create_infer_request() for _ in range(_REQUESTS_A_STREAM * self._streams)]
        for places, ids, mask in todo:
            request = free.pop() if free else finish()
            request.start_async({"input_ids": ids, "attention_mask": mask})
            running.append((request, places))
        while running:
            finish()


class CompiledEmbedder:
    """An `Embedder` from a cache directory that `compiling.py` has written.

    Parameters
    ----------
    name, prompts : str, Prompts
        Of the model.
    directory : Path
        The cache.
    is_foreign : bool
        It was made on another machine: what is laid out for that one's processor is left aside.
    keeps_check : bool
        Note in the cache how well it agrees here, where that was not known; else nothing is written.
    asks_once : bool
        For a process that embeds a line or two, and ends: in one stream, which is made ready sooner, where
        `note_one_stream` found that it agrees with the original; and it is read through once a day.

    Raises
    ------
    FileNotFoundError, DamagedCacheError
        See `read_marker` and `check_files`.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        prompts: Prompts = NO_PROMPTS,
        *,
        is_foreign: bool = False,
        keeps_check: bool = True,
        asks_once: bool = False,
    ) -> None:
        from tokenizers import Tokenizer

        marker = read_marker(directory)
        check_files(directory, marker, [TOKENIZER, REFERENCE])
        self.name, self.directory, self._prompts = name, directory, prompts
        self.dimension, self.weights_hash = marker.dimension, marker.weights_hash
        tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
        self._chunker = TokenChunker(tokenizer, prompt=prompts.story)
        self.marker = marker
        if not (asks_once and not is_foreign and self._runs_in_one_stream(tokenizer)):
            compiled, form = _open(directory, marker, is_foreign, asks_once)
            self._run(compiled, form, tokenizer)
            self.marker = self._checked(self.marker, keeps_check)

    def _run(self, compiled: Any, form: str, tokenizer: Tokenizer) -> None:  # noqa: ANN401
        self._engine = CompiledModel(compiled, tokenizer, self.dimension, self.marker.pad)
        self.configuration = configuration(compiled, form)

    def _runs_in_one_stream(self, tokenizer: Tokenizer) -> bool:
        """Take one stream, and return whether it is known to agree with the original."""
        if not any(ONE_STREAM in each for each in self.marker.checked):
            return False
        try:
            compiled, form = _open_blob(self.directory, self.marker, streams=1, once_a_day=True), BLOB
        except (DamagedCacheError, RuntimeError):
            return False
        self._run(compiled, form, tokenizer)
        known = self.marker.checked.get(self.configuration)
        return known is not None and not known.faults

    @property
    def agreement(self) -> Agreement:
        """How well it agrees with the original, as it runs here."""
        return self.marker.checked[self.configuration]

    @property
    def provenance(self) -> Mapping[str, object]:
        """What makes its vectors."""
        return {
            "precision": self.marker.precision,
            "check": CHECK,
            "configuration": self.configuration,
            "least_cosine": {str(at): cosine for at, cosine in self.agreement.least.items()},
            "spread": self.agreement.spread,
        }

    def _checked(self, marker: Marker, keeps: bool) -> Marker:
        """Return the marker with the check as it runs here: another processor may round otherwise.

        Raises
        ------
        DamagedCacheError
            When it fails: the model has to be compiled for this processor.
        """
        if self.configuration in marker.checked:
            return marker
        found = agreement(self._engine, read_reference(self.directory))
        if found.faults:
            raise DamagedCacheError(f"{self.directory} on {self.configuration}: {found.faults}")
        marker = replace(marker, checked=marker.checked | {self.configuration: found})
        if keeps:
            with suppress(OSError):  # a cache that cannot be written is checked each time
                write_marker(self.directory, marker)
        return marker

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d), each of length 1, in the order of `texts`."""
        return self._engine.encode(_told(self._prompts.story, texts), on_done)

    def encode_questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of what readers ask in a few words, float32 (n, d), each of length 1."""
        return self._engine.encode(_told(self._prompts.question, texts))

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of `text` in order; none for a text without words."""
        return self._chunker.chunks(text)


def note_one_stream(directory: Path) -> None:
    """Note how well a model that was just compiled agrees with its original in one stream, if it runs so."""
    from tokenizers import Tokenizer

    marker = read_marker(directory)
    try:
        compiled = _open_blob(directory, marker, streams=1)
    except (DamagedCacheError, RuntimeError):  # some processors have no such layout
        return
    tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
    engine = CompiledModel(compiled, tokenizer, marker.dimension, marker.pad)
    found = agreement(engine, read_reference(directory))
    write_marker(directory, replace(marker, checked={configuration(compiled, BLOB): found} | marker.checked))


def _told(prompt: str, texts: Sequence[str]) -> Sequence[str]:
    return [prompt + text for text in texts] if prompt else texts


def _open(directory: Path, marker: Marker, is_foreign: bool, once_a_day: bool) -> tuple[Any, str]:
    """Open the blob where it fits this machine, else compile the model again; say from which form."""
    if not is_foreign:
        try:
            return _open_blob(directory, marker, once_a_day=once_a_day), BLOB
        except (DamagedCacheError, RuntimeError):
            pass  # the portable form is the same model
    check_files(directory, marker, [MODEL, WEIGHTS])
    return compile_model(directory / MODEL, marker.precision), MODEL


def _open_blob(
    directory: Path, marker: Marker, streams: int | None = None, *, once_a_day: bool = False
) -> Any:  # noqa: ANN401
    """Open the blob; see `check_files`.

    Raises
    ------
    DamagedCacheError, RuntimeError
        When it does not fit this machine.
    """
    if marker.cores != cores():
        raise DamagedCacheError(f"{directory / BLOB} is laid out for {marker.cores} processors")
    check_files(directory, marker, [BLOB], once_a_day=once_a_day)
    return import_blob(directory / BLOB, marker.precision, streams)
