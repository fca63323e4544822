"""Compiling for real, with a model that takes seconds."""

import json
import shutil

import numpy as np
import pytest

from recommender.embedding import agreement, compiling, open_embedder
from recommender.embedding.agreement import LEAST_COSINE, MOST_SPREAD
from recommender.embedding.compiled_files import MARKER
from recommender.embedding.models import PINNED
from recommender.embedding.runtime import ONE_STREAM
from recommender.errors import ModelError, SettingsError

RATES = {"int8": 80.0, "int8-f32": 40.0, "bf16": 30.0, "f32": 20.0}
TEXTS = ["Talks resume in Geneva", "", "Ferry services return to the Padma after the storm"]


def test_a_model_from_a_directory_is_compiled_checked_and_cached(tiny_model, tmp_path, capsys):
    compiled = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    original = open_embedder(str(tiny_model), runtime="torch")
    cosines = np.sum(compiled.encode(TEXTS) * original.encode(TEXTS), axis=1)
    assert compiled.agreement.worst >= LEAST_COSINE
    assert cosines.min() >= LEAST_COSINE
    assert (compiled.name, compiled.dimension, compiled.weights_hash) == (
        str(tiny_model),
        32,
        original.weights_hash,
    )
    assert list(compiled.agreement.least) == list(range(8, 257, 8)), "each width that may run"
    assert capsys.readouterr().out == "", "standard output is the caller's"

    def asking(cosine):
        checked = {
            name: each | {"least": dict.fromkeys(each["least"], cosine)} if ONE_STREAM in name else each
            for name, each in marker["checked"].items()
        }
        (compiled.directory / MARKER).write_text(json.dumps(marker | {"checked": checked}))
        return open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled", asks_once=True)

    marker = json.loads((compiled.directory / MARKER).read_bytes())
    once = asking(cosine=1)
    assert ONE_STREAM in once.configuration
    np.testing.assert_allclose(once.encode(TEXTS), compiled.encode(TEXTS), atol=MOST_SPREAD)
    if ONE_STREAM not in compiled.configuration:
        assert asking(cosine=0.5).configuration == compiled.configuration, "where it is wrong"
        del marker["checked"][once.configuration]
        assert asking(cosine=1).configuration == compiled.configuration, "where it was not checked"


@pytest.mark.parametrize("runtime", ["compiled", "torch"])
def test_stories_and_questions_are_told_apart_by_what_the_model_was_taught(tiny_model, tmp_path, runtime):
    told = tmp_path / "told"
    shutil.copytree(tiny_model, told)
    prompts = {"prompts": {"query": "query: ", "passage": "passage: "}}
    (told / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    plain, asked = (
        open_embedder(str(each), cache_dir=tmp_path, runtime=runtime) for each in (tiny_model, told)
    )
    by_hand = plain.encode([f"passage: {text}" for text in TEXTS])
    assert (asked.encode(TEXTS) * by_hand).sum(1).min() > 0.999
    assert (asked.encode_questions(TEXTS) * plain.encode([f"query: {text}" for text in TEXTS])).sum(
        1
    ).min() > 0.999
    assert (plain.encode_questions(TEXTS) * plain.encode(TEXTS)).sum(1).min() > 0.9999
    assert plain.weights_hash != asked.weights_hash


def test_a_precision_that_is_wrong_at_one_width_gives_way_to_another(tiny_model, tmp_path, monkeypatch):
    class WrongAt32(compiling.CompiledModel):
        def encode(self, texts, on_done=None):
            vectors = super().encode(texts, on_done)
            of_32 = [24 < len(self._tokenizer.encode(text).ids) <= 32 for text in texts]
            vectors[of_32] = np.roll(vectors[of_32], 1, axis=1)
            return vectors

    def in_int8(compiled, *rest):
        # Of the trials the first alone is wrong, as where a processor has instructions of its own for it.
        return (WrongAt32 if next(trials) == 0 else whole)(compiled, *rest)

    trials, whole = iter(range(9)), compiling.CompiledModel
    monkeypatch.setattr(compiling, "CompiledModel", in_int8)
    monkeypatch.setattr(
        compiling, "_rates", lambda some, _: {one.precision: RATES[one.precision] for one in some}
    )
    with pytest.warns(UserWarning, match=r"in int8, at 1 of 32 widths .* at 32 tokens; trying another"):
        compiled = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    assert compiled.marker.precision == max(compiled.marker.rates.keys() - {"int8"}, key=RATES.__getitem__)
    rejected = compiled.marker.rejected["int8"].least
    assert {at for at, cosine in rejected.items() if cosine < LEAST_COSINE} == {32}
    assert compiled.agreement.worst >= LEAST_COSINE


@pytest.mark.parametrize(
    ("rates", "taken"),
    [
        ({"int8": 80.0, "f32": 20.0}, "int8"),
        ({"int8": 10.0, "f32": 13.0}, "f32"),
        ({"int8": 100.0, "f32": 95.0}, "f32"),  # as fast, and truer
    ],
)
def test_the_precision_is_the_fastest_one_of_this_processor(tiny_model, tmp_path, monkeypatch, rates, taken):
    def measured(trials, _):
        assert {trial.precision for trial in trials} >= rates.keys()
        return {trial.precision: rates.get(trial.precision, 0.0) for trial in trials}

    def counted(engine, reference):
        checked.append(engine)
        return agreement.agreement(engine, reference)

    checked = []
    monkeypatch.setattr(compiling, "_rates", measured)
    monkeypatch.setattr(compiling, "agreement", counted)
    compiled = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    assert compiled.marker.precision == taken
    assert len(checked) == sum(rate >= 0.9 * max(rates.values()) for rate in rates.values())
    original = open_embedder(str(tiny_model), runtime="torch")
    assert np.sum(compiled.encode(TEXTS) * original.encode(TEXTS), axis=1).min() >= LEAST_COSINE


def test_without_a_memory_layout_the_portable_form_serves(tiny_model, tmp_path, monkeypatch):
    def refuse(*_):
        raise RuntimeError("this processor has no such layout")

    monkeypatch.setattr(compiling, "export_blob", refuse)
    first = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    assert "model.blob" not in first.marker.files
    again = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    assert np.array_equal(first.encode(TEXTS), again.encode(TEXTS))


def test_a_model_that_cannot_be_quantized_runs_in_floating_point(tiny_model, tmp_path, monkeypatch):
    import nncf

    def refuse(*_, **__):
        raise nncf.UnsupportedModelError("an operation that is not known")

    monkeypatch.setattr(nncf, "quantize", refuse)
    with pytest.warns(UserWarning, match=r"cannot be quantized: an operation .* trying another"):
        compiled = open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")
    assert compiled.marker.precision in ("bf16", "f32")


@pytest.fixture
def unfaithful(monkeypatch):
    """No vector can agree so well."""
    monkeypatch.setattr(agreement, "LEAST_COSINE", 1.1)


@pytest.mark.usefixtures("unfaithful")
@pytest.mark.filterwarnings("ignore:.*trying another")
def test_where_nothing_compiles_faithfully_the_original_runs_with_a_warning(tiny_model, tmp_path):
    with pytest.warns(UserWarning, match="running through sentence-transformers, several times slower"):
        embedder = open_embedder(str(tiny_model), cache_dir=tmp_path)
    assert np.array_equal(
        embedder.encode(TEXTS), open_embedder(str(tiny_model), runtime="torch").encode(TEXTS)
    )


@pytest.mark.usefixtures("unfaithful")
@pytest.mark.filterwarnings("ignore:.*trying another")
def test_who_asks_for_a_compiled_model_gets_one_or_an_error(tiny_model, tmp_path):
    with pytest.raises(ModelError, match=r"cannot be compiled: its vectors differ .* try runtime 'auto'"):
        open_embedder(str(tiny_model), cache_dir=tmp_path, runtime="compiled")


def test_a_cache_that_cannot_be_written_is_no_obstacle(tiny_model, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.warns(UserWarning, match=r"could not be compiled into .*file"):
        open_embedder(str(tiny_model), cache_dir=blocked)


@pytest.mark.parametrize(
    ("runtime", "cache", "message"),
    [
        ("gpu", True, "setting runtime is 'gpu'; give auto, compiled, torch"),
        ("compiled", False, "runtime 'compiled' needs a cache directory"),
    ],
)
def test_impossible_settings_are_refused(tiny_model, tmp_path, runtime, cache, message):
    with pytest.raises(SettingsError, match=message):
        open_embedder(str(tiny_model), cache_dir=tmp_path if cache else None, runtime=runtime)


def test_wrong_weights_are_an_error_and_not_a_reason_to_fall_back(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setitem(PINNED, str(tiny_model), "0" * 64)
    with pytest.raises(ModelError, match="expected 0000"):
        open_embedder(str(tiny_model), cache_dir=tmp_path)
