"""Write recommender/data/static.npz: a vector for each word piece of the default model, without its context.

As Model2Vec does (Tulkens and van Dongen 2024, https://github.com/MinishLab/model2vec): each piece goes
through the model alone, the vectors are reduced by a principal component analysis, and weighted by how rare
the piece is: a / (a + share), as in SIF (Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for
sentence embeddings"). Shares are counted in the seeds, each publisher alike. A vector is kept in int8 with a
scale of its own. What the model gives at the place of the piece is taken, not the mean with the two special
ones beside it. docs/models.md has what was tried.

On another processor a number may be rounded otherwise: the file that is shipped is known by its hash
(`STATIC_WEIGHTS` of recommender/embedding/models.py), which is printed.

Usage: PYTHONPATH=. python scripts/distill_static.py [--to FILE] [--dimension 256] [--rare .001]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender import Story
from recommender.embedding.models import DEFAULT_MODEL, file_hash, find_model
from recommender.embedding.sentence import load
from recommender.embedding.static import FILE, SPECIAL, tokenizer_of
from recommender.ingest.jsonl import read_stories

ROOT = Path(__file__).parent.parent
SAMPLE = ("digitalgov", "18f", "wikinews")
TOGETHER = 512  # pieces that go through the model at once

Floats = NDArray[np.float32]


def main() -> None:
    """Distil and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / "recommender" / "data" / FILE)
    parser.add_argument("--dimension", type=int, default=256)
    parser.add_argument("--rare", type=float, default=1e-3, help="a share from which a piece counts half")
    asked = parser.parse_args()
    pieces, vectors = piece_vectors()
    is_word = np.array([piece not in SPECIAL and not piece.startswith("[unused") for piece in pieces])
    rows = reduced(vectors, is_word, asked.dimension)
    rows *= (asked.rare / (asked.rare + shares(pieces)))[:, None]
    rows[~is_word] = 0
    scales = np.abs(rows).max(axis=1) / 127
    whole = np.rint(rows / np.maximum(scales, 1e-9)[:, None]).astype(np.int8)
    text = np.frombuffer("\n".join(pieces).encode(), np.uint8)
    np.savez(asked.to, pieces=text, vectors=whole, scales=scales.astype(np.float32))
    print(f"{asked.to}: {asked.to.stat().st_size:,} bytes, SHA-256 {file_hash(asked.to)}")


def piece_vectors() -> tuple[list[str], Floats]:
    """Return the model's word pieces, in the order of their ids, and what it makes of each alone."""
    import torch

    model = load(find_model(DEFAULT_MODEL), "cpu")
    own = model.tokenizer
    pieces = own.convert_ids_to_tokens(list(range(len(own))))
    rows = []
    with torch.inference_mode():
        for start in range(0, len(pieces), TOGETHER):
            some = range(start, min(start + TOGETHER, len(pieces)))
            ids = torch.tensor([[own.cls_token_id, piece, own.sep_token_id] for piece in some])
            found = model({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
            rows.append(found["token_embeddings"][:, 1].numpy())
    return pieces, np.concatenate(rows)


def reduced(vectors: Floats, is_word: NDArray[np.bool_], dimension: int) -> Floats:
    """Return the vectors less their mean, along their `dimension` main axes."""
    centred = vectors - vectors[is_word].mean(axis=0)
    _, axes = np.linalg.eigh(centred[is_word].T @ centred[is_word])
    axes = axes[:, ::-1][:, :dimension]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(dimension)])  # either way is one axis
    return np.asarray(centred @ axes, np.float32)


def shares(pieces: list[str]) -> Floats:
    """Return which share of the pieces of a publisher's stories each is, in the mean of the publishers."""
    tokenizer, out = tokenizer_of(pieces), np.zeros(len(pieces))
    for name in SAMPLE:
        stories = [s for s in read_stories(ROOT / "seeds" / name / "articles.jsonl") if isinstance(s, Story)]
        counts = np.zeros(len(pieces))
        for story in stories:
            ids = tokenizer.encode(f"{story.headline}\n{story.text}", add_special_tokens=False).ids
            counts += np.bincount(ids, minlength=len(pieces))
        out += counts / counts.sum() / len(SAMPLE)
    return np.asarray(out, np.float32)


if __name__ == "__main__":
    main()
