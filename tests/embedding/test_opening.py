"""An installation that cannot compile embeds by what another machine compiled, if that agrees here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from recommender.embedding import compiled, opening
from recommender.embedding.compiled import CompiledEmbedder
from recommender.embedding.compiled_files import MODEL, REFERENCE
from recommender.embedding.models import DEFAULT_MODEL
from recommender.embedding.opening import open_embedder
from recommender.errors import ModelError

TEXTS = ["Talks resume in Geneva", "Ferry services return to the Padma after the storm"]


@pytest.fixture
def cache(embedder: CompiledEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of compiled models from another machine, where nothing can be compiled, nor the weights are."""
    start, _, end = embedder.directory.name.split("-")
    shutil.copytree(embedder.directory, tmp_path / f"{start}-0123abcd-{end}")
    monkeypatch.setattr(opening, "COMPILERS", ("no_such_package",))
    monkeypatch.setattr("recommender.embedding.models._packaged", lambda _: None)
    return tmp_path


def test_a_model_of_another_machine_is_checked_and_run_in_the_form_for_any_processor(
    cache, embedder, monkeypatch
):
    monkeypatch.setattr(compiled, "agreement", lambda *_: embedder.agreement)  # which takes a while
    found = open_embedder(DEFAULT_MODEL, cache_dir=cache)
    assert f"form {MODEL}" in found.configuration
    assert found.configuration in found.marker.checked
    assert found.weights_hash == embedder.weights_hash
    np.testing.assert_allclose(found.encode(TEXTS), embedder.encode(TEXTS), atol=0.02)


def test_one_that_does_not_agree_here_is_not_run(cache, embedder, monkeypatch):
    wrong = replace(embedder.agreement, least={8: 0.5})
    monkeypatch.setattr(compiled, "agreement", lambda *_: wrong)
    with pytest.raises(ModelError, match=r"0\.5000 at 8 tokens.*pip install 'related-stories\[model\]'"):
        open_embedder(DEFAULT_MODEL, cache_dir=cache)


@pytest.mark.parametrize("runtime", ["auto", "compiled"])
def test_one_that_is_damaged_is_not_run_and_the_way_out_is_named(cache, runtime):
    (next(cache.iterdir()) / REFERENCE).write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"reference.msgpack.*pip install 'related-stories\[model\]'"):
        open_embedder(DEFAULT_MODEL, cache_dir=cache, runtime=runtime)


def test_without_any_the_way_out_is_named(cache, tmp_path):
    with pytest.raises(ModelError, match=r"not compiled for this machine.*copy the compiled model"):
        open_embedder(DEFAULT_MODEL, cache_dir=tmp_path / "none")


def test_a_compiled_model_needs_no_package_of_its_weights(embedder, model_cache, monkeypatch):
    monkeypatch.setattr("recommender.embedding.models._packaged", lambda _: None)
    found = open_embedder(DEFAULT_MODEL, cache_dir=model_cache)
    assert found.weights_hash == embedder.weights_hash
    np.testing.assert_allclose(found.encode(TEXTS), embedder.encode(TEXTS), atol=1e-5)
