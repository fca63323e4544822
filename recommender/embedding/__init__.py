"""Texts to unit vectors, in units of a story. Knows models and runtimes, and nothing of archives or ranking."""

from recommender.embedding.base import Embedder, encode_iter

__all__ = ["Embedder", "encode_iter"]
