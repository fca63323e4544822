"""FAISS behind the contract of `index.base`."""
