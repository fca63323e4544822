"""Texts to unit vectors, in units of a story. Knows models and runtimes; nothing of archives or ranking."""

from recommender.embedding.base import Chunker, Embedder, OnDone, encode_iter
from recommender.embedding.chunks import cutting, story_units, text_vectors
from recommender.embedding.models import DEFAULT_MODEL
from recommender.embedding.opening import open_embedder

__all__ = [
    "DEFAULT_MODEL",
    "Chunker",
    "Embedder",
    "OnDone",
    "cutting",
    "encode_iter",
    "open_embedder",
    "story_units",
    "text_vectors",
]
