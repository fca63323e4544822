"""Opens an embedder by the name of its model: the one entry to this package."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path

from recommender.embedding.base import Embedder
from recommender.embedding.models import (
    DEFAULT_MODEL,
    STATIC_MODEL,
    ModelFiles,
    find_model,
    install,
    known_model,
)
from recommender.errors import ModelError, SettingsError

RUNTIMES = ("auto", "compiled", "torch")
COMPILERS = ("sentence_transformers", "torch", "nncf")
"""What the extra `model` installs, as it is imported."""


def open_embedder(
    model: str = DEFAULT_MODEL,
    cache_dir: Path | None = None,
    runtime: str = "auto",
    sample: Sequence[str] = (),
    *,
    asks_once: bool = False,
) -> Embedder:
    """Open an embedding model.

    The first time, the model is loaded through sentence-transformers, compiled for this processor, checked
    and cached (a minute or two). After that only the cache is read, in less than a second. Where what
    compiles is not installed, a compiled model of another machine does, if it agrees with the original here.

    Parameters
    ----------
    model : str
        Package, local path or hub name; see `find_model`. `static` is part of this package, whatever else is
        called so: it is neither compiled nor run by torch.
    cache_dir : Path, optional
        Where compiled models are kept; none are made without it.
    runtime : {"auto", "compiled", "torch"}
        "auto" compiles, or else warns and goes through sentence-transformers; "torch" suits a GPU.
    sample : sequence of str
        Texts of the archive that calibrate and check it beside the English ones, for multilingual models.
    asks_once : bool
        For a process that embeds a line or two, and ends: a compiled model is opened sooner.

    Raises
    ------
    ModelError
        When the model is not found, is not what it is said to be, or (with "compiled") cannot be compiled.
    SettingsError
        For an unknown runtime.
    """
    if runtime not in RUNTIMES:
        raise SettingsError(f"setting runtime is {runtime!r}; give {', '.join(RUNTIMES)}")
    if model == STATIC_MODEL:
        from recommender.embedding.static import static_embedder

        return static_embedder()
    files = find_model(model) if runtime == "torch" or cache_dir is None else known_model(model)
    if runtime == "torch" or (cache_dir is None and runtime == "auto"):
        return _uncompiled(files)
    if cache_dir is None:
        raise SettingsError("runtime 'compiled' needs a cache directory; give one, or runtime 'torch'")
    try:
        return _compiled(files, cache_dir, sample, asks_once)
    except (ModelError, OSError, RuntimeError) as error:
        if not can_compile():
            raise ModelError(str(error)) from error
        files.verify()  # a wrong model is no reason to fall back
        if runtime == "compiled":
            raise ModelError(f"model {model!r} cannot be compiled: {error}; try runtime 'auto'") from error
        warnings.warn(
            f"model {model}: running through sentence-transformers, several times slower, because it could "
            f"not be compiled into {cache_dir}: {error}",
            stacklevel=2,
        )
        return _uncompiled(files)


def _compiled(files: ModelFiles, cache_dir: Path, sample: Sequence[str], asks_once: bool) -> Embedder:
    from recommender.embedding.compiled import CompiledEmbedder
    from recommender.embedding.compiled_files import FORMAT, DamagedCacheError
    from recommender.embedding.runtime import fingerprint

    # With the format in its name, so that two versions beside each other do not undo each other's work.
    directory = cache_dir / f"{files.weights_hash[:16]}-{fingerprint()}-{FORMAT}"
    try:
        return CompiledEmbedder(files.name, directory, files.prompts, asks_once=asks_once)
    except FileNotFoundError:
        pass
    except DamagedCacheError as error:
        warnings.warn(f"compiled model cannot be used and is made anew: {error}", stacklevel=3)
    if not can_compile():
        return _foreign(files, cache_dir)
    from recommender.embedding.compiling import ensure

    return ensure(files, directory, sample)


def can_compile() -> bool:
    """Return whether what compiles models is installed: the extra `model`. Imports nothing of it."""
    return not any(importlib.util.find_spec(name) is None for name in COMPILERS)


def _foreign(files: ModelFiles, cache_dir: Path) -> Embedder:
    """Open what another machine compiled of these weights: in its form for any processor, checked here.

    Raises
    ------
    ModelError
        When there is none, or none agrees with the original here.
    """
    from recommender.embedding.compiled import CompiledEmbedder
    from recommender.embedding.compiled_files import FORMAT, DamagedCacheError

    faults = []
    for directory in sorted(cache_dir.glob(f"{files.weights_hash[:16]}-*-{FORMAT}")):
        try:
            return CompiledEmbedder(files.name, directory, files.prompts, is_foreign=True)
        except (FileNotFoundError, DamagedCacheError) as error:
            faults.append(f"; {error}")
    raise ModelError(
        f"model {files.name!r} is not compiled for this machine in {cache_dir}, and what compiles it is not "
        f"installed{''.join(faults)}; run: {install(files.name)}, or copy the compiled "
        "model of another machine into that directory"
    )


def _uncompiled(files: ModelFiles) -> Embedder:
    from recommender.embedding.sentence import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(files)
