"""Embeddings: losses, networks and measures."""
