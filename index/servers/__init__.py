"""Vectors on a server of their own, which many machines share: PostgreSQL with pgvector, and Milvus."""
