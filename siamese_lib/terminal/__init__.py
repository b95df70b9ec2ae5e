"""The same jobs without a notebook: ``python -m siamese_lib``."""
