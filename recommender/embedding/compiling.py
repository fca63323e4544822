"""Makes a compiled model of a sentence-transformers one, checks it against the original, and caches it."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from recommender.embedding.agreement import Agreement, Reference, agreement, texts_of_each_width
from recommender.embedding.compiled import CompiledEmbedder, CompiledModel, note_one_stream
from recommender.embedding.compiled_files import (
    BLOB,
    FORMAT,
    MODEL,
    TOKENIZER,
    DamagedCacheError,
    Marker,
    write_marker,
    write_reference,
)
from recommender.embedding.converting import convert, quantize
from recommender.embedding.models import ModelFiles, file_hash
from recommender.embedding.runtime import (
    abilities,
    compile_model,
    configuration,
    cores,
    export_blob,
    import_blob,
    openvino,
)
from recommender.embedding.sentence import encode_with, fast_tokenizer, load
from recommender.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

HELD_OUT_EVERY = 3
"""Each third sample text is kept from the calibration for the check."""

RACE_TEXTS, RACE_ROUNDS = 16, 3
"""Two whole batches for each of two cores, and rounds enough that one of them is undisturbed."""

LONGEST = 512
"""Tokens after which a compiled model truncates, whatever its original reads: each width up to it is checked,
and what is embedded comes in chunks that are shorter."""

AS_FAST = 0.9
"""A precision of at least so much of the fastest one's rate counts as fast: then the truer vectors win."""

_PACKAGES = ("openvino", "nncf", "torch", "transformers", "sentence-transformers")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Source:
    """What a compiled model is made from and measured against."""

    name: str
    model: SentenceTransformer
    tokenizer: Tokenizer
    pad: int
    max_tokens: int
    calibration: Sequence[str]
    reference: Reference

    @property
    def dimension(self) -> int:
        return int(self.reference.vectors.shape[1])


@dataclass(frozen=True)
class _Trial:
    """The model in one precision: where it was written, as it runs, and where that is."""

    precision: str
    directory: Path
    engine: CompiledModel
    configuration: str


@dataclass(frozen=True)
class _Choice:
    """The precision that was taken and how well it agrees, the texts a second of each, and what failed."""

    trial: _Trial
    agreement: Agreement
    rates: dict[str, float]
    rejected: dict[str, Agreement]


def sample_texts() -> list[str]:
    """Return the shipped sample: headlines, paragraphs and passages (public domain)."""
    text = resources.files("recommender").joinpath("data/calibration.txt").read_text("utf-8")
    return text.splitlines()


def ensure(files: ModelFiles, directory: Path, sample: Sequence[str]) -> CompiledEmbedder:
    """Return the embedder of a cache, compiling the model when the cache is missing or damaged.

    Two processes may call this at once: the second waits for the first and reads what it has written.

    Raises
    ------
    ModelError
        When the weights are not the pinned ones, or the model cannot be compiled well enough.
    OSError
        When the cache cannot be written.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(directory.with_suffix(".lock")):
        with contextlib.suppress(FileNotFoundError, DamagedCacheError):
            return CompiledEmbedder(files.name, directory, files.prompts)
        with _beside(directory) as fresh:
            build(files, fresh, sample)
            _swap(fresh, directory)
        return CompiledEmbedder(files.name, directory, files.prompts)


@contextlib.contextmanager
def _beside(directory: Path) -> Iterator[Path]:
    """Give an empty directory on the same disk, so that a rename puts it in place at once."""
    prefix = f".{directory.name}-"
    for abandoned in directory.parent.glob(f"{prefix}*"):  # by a process that was killed while it compiled
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=directory.parent) as scratch:
        fresh = Path(scratch) / "new"
        fresh.mkdir()
        yield fresh


def _swap(fresh: Path, directory: Path) -> None:
    if directory.exists():
        directory.rename(fresh.with_name("old"))  # goes with the scratch directory
    fresh.rename(directory)


def build(files: ModelFiles, directory: Path, sample: Sequence[str]) -> None:
    """Write the fastest compiled model that agrees with the original, with its tokenizer and marker."""
    start = time.monotonic()
    _log.warning("compiling the model %s for this processor: a minute or two, once", files.name)
    source = _source(files, sample)
    source.tokenizer.save(str(directory / TOKENIZER))
    write_reference(directory, source.reference)
    choice = _write_fastest(directory, source)
    marker = Marker(
        format=FORMAT,
        model=files.name,
        weights_hash=files.weights_hash,
        precision=choice.trial.precision,
        checked={choice.trial.configuration: choice.agreement},
        held_out=len(source.reference.texts),
        calibrated_on=len(source.calibration),
        rates=choice.rates,
        rejected=choice.rejected,
        dimension=source.dimension,
        max_tokens=source.max_tokens,
        pad=source.pad,
        cores=cores(),
        files={path.name: file_hash(path) for path in sorted(directory.iterdir())},
        versions={name: metadata.version(name) for name in _PACKAGES},
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - start, 1),
    )
    write_marker(directory, marker)
    note_one_stream(directory)


def _write_fastest(directory: Path, source: _Source) -> _Choice:
    """Write the model in the precision that is fastest here of those that pass the check.

    Which one that is depends on the processor: int8 takes a third of the time where there are instructions
    for it (VNNI, AMX), and more than float32 where there are none. So it is measured; and as the check takes
    most of the time, what is slower than one that passes is not checked.

    Raises
    ------
    ModelError
        When none passes.
    """
    plain = convert(source.model, source.name)
    waiting = _written_each(directory, _precisions(), plain, source)
    rates, rejected = _rates(waiting, source.reference.texts), dict[str, Agreement]()
    while waiting:
        fast = _fastest(waiting, rates)
        found = {trial.precision: agreement(trial.engine, source.reference) for trial in fast}
        passed = [trial for trial in fast if not found[trial.precision].faults]
        if passed:
            taken = max(passed, key=lambda trial: found[trial.precision].worst)
            for file in taken.directory.iterdir():
                file.rename(directory / file.name)
            return _Choice(taken, found[taken.precision], rates, rejected)
        rejected |= found
        _warn(source.name, found)
        waiting = [trial for trial in waiting if trial not in fast]
        if "int8" in found and "BF16" in abilities():  # slower, for where int8 goes wrong
            waiting += _written_each(directory, ["int8-f32"], plain, source)
            rates |= _rates(waiting, source.reference.texts)
    faults = "; ".join(f"in {precision} {found.faults}" for precision, found in rejected.items())
    raise ModelError(f"its vectors differ from the original's: {faults}")


def _written_each(
    directory: Path,
    precisions: Sequence[str],
    plain: Any,  # noqa: ANN401
    source: _Source,
) -> list[_Trial]:
    """Write the model beside a directory in each precision, with a warning in place of one that cannot be."""
    trials = []
    for precision in precisions:
        try:
            model = _int8(plain, source) if precision.startswith("int8") else plain
        except ModelError as error:
            warnings.warn(f"{error}; trying another precision", stacklevel=2)
            continue
        place = directory.with_name(precision)
        compiled, form = _written(model, place, precision)
        engine = CompiledModel(compiled, source.tokenizer, source.dimension, source.pad)
        trials.append(_Trial(precision, place, engine, configuration(compiled, form)))
    return trials


def _warn(name: str, found: Mapping[str, Agreement]) -> None:
    for precision, each in found.items():
        warnings.warn(
            f"model {name}: compiled in {precision}, {each.faults}; trying another precision", stacklevel=3
        )


def _written(model: Any, directory: Path, precision: str) -> tuple[Any, str]:  # noqa: ANN401
    """Write a model, and return it as the daily path opens it, with the name of the file it runs from."""
    directory.mkdir()
    openvino().save_model(model, directory / MODEL)
    compiled = compile_model(directory / MODEL, precision)
    try:
        export_blob(compiled, directory / BLOB)
        return import_blob(directory / BLOB, precision), BLOB
    except RuntimeError:  # some processors have no such layout, and need none
        (directory / BLOB).unlink(missing_ok=True)
        return compiled, MODEL


def _rates(trials: Sequence[_Trial], texts: Sequence[str]) -> dict[str, float]:
    """Return the texts a second of each trial: the best of a few rounds, by turns, on the longest texts."""
    longest = sorted(texts, key=len)[-RACE_TEXTS:]
    best = dict.fromkeys((trial.precision for trial in trials), 0.0)
    for _ in range(RACE_ROUNDS if len(trials) > 1 else 0):
        for trial in trials:
            start = time.perf_counter()
            trial.engine.encode(longest)
            rate = len(longest) / (time.perf_counter() - start)
            best[trial.precision] = max(best[trial.precision], round(rate, 1))
    return best


def _fastest(trials: Sequence[_Trial], rates: Mapping[str, float]) -> list[_Trial]:
    """Return those that are about as fast as the fastest: the one nearest to the original is taken."""
    enough = AS_FAST * max(rates[trial.precision] for trial in trials)
    return [trial for trial in trials if rates[trial.precision] >= enough]


def _int8(plain: Any, source: _Source) -> Any:  # noqa: ANN401
    rows = [tokens.ids for tokens in source.tokenizer.encode_batch(list(source.calibration))]
    return quantize(plain, rows, source.pad, source.name)


def _precisions() -> tuple[str, ...]:
    """Return what is tried. Without BF16 all that int8 leaves in floating point is float32 anyway."""
    return ("int8", "bf16", "f32") if "BF16" in abilities() else ("int8", "f32")


def _source(files: ModelFiles, sample: Sequence[str]) -> _Source:
    model = load(files, "cpu")
    tokenizer, max_tokens = fast_tokenizer(model, files.name), min(model.max_seq_length or LONGEST, LONGEST)
    tokenizer.enable_truncation(max_tokens)
    texts = [*sample_texts(), *sample]
    held_out, widths = texts_of_each_width(tokenizer, texts[::HELD_OUT_EVERY], max_tokens)
    calibration = [text for i, text in enumerate(texts) if i % HELD_OUT_EVERY]
    reference = Reference(held_out, widths, encode_with(model, held_out).astype("<f4").tobytes())
    pad = getattr(model.tokenizer, "pad_token_id", None) or 0
    return _Source(files.name, model, tokenizer, pad, max_tokens, calibration, reference)
