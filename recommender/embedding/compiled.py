"""The daily path: runs a compiled model from its cache with OpenVINO. Imports no torch, and knows not how it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.embedding.base import WINDOW, OnDone
from recommender.embedding.batches import batches, padded
from recommender.embedding.chunks import TokenChunker
from recommender.embedding.models import file_hash
from recommender.embedding.runtime import openvino

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MARKER, MODEL, WEIGHTS, TOKENIZER = "marker.json", "model.xml", "model.bin", "tokenizer.json"

FORMAT = 1
"""Version of the cache's layout; another version is compiled anew."""

TOKEN_BUDGET = 4096
"""Tokens in a batch, padding counted: 16 whole chunks, or some 300 headlines. Measured with
`scripts/bench_embedding.py`: flat from 2,048 to 8,192, slower below and above."""


_REQUESTS_A_STREAM = 2
"""One that runs, and one that waits, so that no stream idles while results are copied."""


class DamagedCacheError(Exception):
    """The cache is torn, changed or of another layout. The remedy is to compile again, so it stays in this package."""


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a compiled model: written last, so a cache without it is not one.

    Parameters
    ----------
    format : int
        `FORMAT` of the writer.
    weights_hash : str
        SHA-256 of the weights it was made from.
    precision : str
        "int8", "bf16" or "f32".
    cosine : float
        Mean cosine with the original's vectors on `held_out` texts that took no part in calibration.
    rejected : dict
        Mean cosine of each faster precision that was tried and failed the check.
    dimension, max_tokens, pad : int
        Length of a vector; longest row of tokens the model reads; id that fills a shorter row.
    files : dict
        SHA-256 of each file of the cache.
    versions : dict
        Package versions it was made with.
    """

    format: int
    model: str
    weights_hash: str
    precision: str
    cosine: float
    held_out: int
    calibrated_on: int
    rejected: dict[str, float]
    dimension: int
    max_tokens: int
    pad: int
    files: dict[str, str]
    versions: dict[str, str]
    made: str
    seconds: float


def read_marker(directory: Path) -> Marker:
    """Read and check a cache.

    Raises
    ------
    FileNotFoundError
        When there is none.
    DamagedCacheError
        When a file is missing or is not what the marker says.
    """
    try:
        marker = msgspec.json.decode((directory / MARKER).read_bytes(), type=Marker)
    except msgspec.MsgspecError as error:
        raise DamagedCacheError(f"{directory / MARKER}: {error}") from error
    if marker.format != FORMAT:
        raise DamagedCacheError(f"{directory / MARKER}: layout {marker.format}, this version reads {FORMAT}")
    for name, expected in marker.files.items():
        try:
            found = file_hash(directory / name)
        except OSError as error:
            raise DamagedCacheError(f"{directory / name}: {error}") from error
        if found != expected:
            raise DamagedCacheError(f"{directory / name}: SHA-256 {found[:12]}, expected {expected[:12]}")
    return marker


class Engine:
    """Runs one OpenVINO model over texts: tokenize, batch by length, infer asynchronously, put back in order.

    Parameters
    ----------
    model : openvino.Model or Path
        Takes `input_ids` and `attention_mask` (n, t), gives unit vectors (n, d).
    tokenizer : tokenizers.Tokenizer
        Truncates at the model's longest row.
    dimension, pad : int
        Length of a vector; id that fills a shorter row.
    precision : str
        "int8", "bf16" or "f32": in what the model computes.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Tokenizer,
        dimension: int,
        pad: int,
        precision: str,
    ) -> None:
        self._tokenizer, self._dimension, self._pad = tokenizer, dimension, pad
        # THROUGHPUT runs one stream a core, each on its own batch: 1.3 times LATENCY, where cores share a batch.
        config = {"PERFORMANCE_HINT": "THROUGHPUT"}
        if precision == "f32":
            config["INFERENCE_PRECISION_HINT"] = "f32"
        self._compiled = openvino().Core().compile_model(model, "CPU", config)
        streams = self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._requests = _REQUESTS_A_STREAM * int(streams)

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d)."""
        place = {text: row for row, text in enumerate(dict.fromkeys(texts))}
        unique = list(place)
        vectors = np.empty((len(unique), self._dimension), np.float32)
        for start in range(0, len(unique), WINDOW):
            self._window(unique[start : start + WINDOW], vectors[start : start + WINDOW], on_done)
        if on_done is not None and len(texts) > len(unique):
            on_done(len(texts) - len(unique))
        if len(unique) == len(texts):
            return vectors
        return vectors[[place[text] for text in texts]]

    def _window(self, texts: list[str], out: NDArray[np.float32], on_done: OnDone | None) -> None:
        rows = [tokens.ids for tokens in self._tokenizer.encode_batch_fast(texts)]
        running: deque[tuple[Any, NDArray[np.intp]]] = deque()

        def finish() -> Any:  # noqa: ANN401 (openvino has no types)
            request, places = running.popleft()
            request.wait()
            out[places] = request.get_output_tensor().data
            if on_done is not None:
                on_done(len(places))
            return request

        # Requests of one call are its own, so that several threads may call. No callbacks: OpenVINO drops theirs in a
        # thread of its own, which needs the interpreter and so can deadlock or abort a process that is ending.
        free = [self._compiled.create_infer_request() for _ in range(self._requests)]
        for places in batches([len(row) for row in rows], TOKEN_BUDGET):
            request = free.pop() if free else finish()
            ids, mask = padded([rows[i] for i in places], self._pad)
            request.start_async({"input_ids": ids, "attention_mask": mask})
            running.append((request, places))
        while running:
            finish()


class CompiledEmbedder:
    """An `Embedder` from a cache directory that `compiling.py` has written.

    Raises
    ------
    FileNotFoundError, DamagedCacheError
        See `read_marker`.
    """

    def __init__(self, name: str, directory: Path) -> None:
        from tokenizers import Tokenizer

        self.marker = read_marker(directory)
        self.name = name
        self.dimension = self.marker.dimension
        self.weights_hash = self.marker.weights_hash
        tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
        self._chunker = TokenChunker(tokenizer)
        self._engine = Engine(
            directory / MODEL, tokenizer, self.dimension, self.marker.pad, self.marker.precision
        )

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return the vectors of `texts`, float32 (n, d), each of length 1, in the order of `texts`."""
        return self._engine.encode(texts, on_done)

    def chunks(self, text: str) -> list[str]:
        """Return the pieces of `text` in order; none for a text without words."""
        return self._chunker.chunks(text)
