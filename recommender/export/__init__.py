"""Blocks in the formats of others: written out, kept as files, pushed into other systems."""
