"""Galleries on disk, next to inverted lists of FAISS on disk."""
