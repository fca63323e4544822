"""A model that is as small as one can be, and real texts that no calibration has seen."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recommender.embedding import Embedder
from recommender.embedding.models import DEFAULT_MODEL, find_model

WIKINEWS = Path(__file__).parents[2] / "seeds" / "wikinews" / "articles.jsonl"


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(find_model(DEFAULT_MODEL).directory / "tokenizer.json"))


@pytest.fixture(scope="session")
def wikinews() -> list[str]:
    """Headlines and bodies of 12 stories; the shipped calibration texts are of other corpora."""
    with WIKINEWS.open(encoding="utf-8") as lines:
        stories = [json.loads(line) for line in islice(lines, 12)]
    return [text for story in stories for text in (story["headline"], story["body"])]


@pytest.fixture(scope="session")
def vectors(embedder: Embedder, wikinews: list[str]) -> NDArray[np.float32]:
    """The vectors of those texts."""
    return embedder.encode(wikinews)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> Path:
    """A BERT of one layer and 32 dimensions with fixed random weights and the default model's tokenizer."""
    import torch
    from transformers import BertConfig, BertModel

    directory = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(7)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=30_522, max_position_embeddings=256, **shape)).save_pretrained(directory)
    source = find_model(DEFAULT_MODEL).directory
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(source / name, directory / name)
    return directory
