"""Embedding files of images: with threads in one process, and with Ray Data."""
