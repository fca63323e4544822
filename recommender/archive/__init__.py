"""Catalog, embedder and index as one thing: the way of one story."""
