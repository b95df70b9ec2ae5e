"""Settings that the unit tests share."""

from __future__ import annotations

from hypothesis import settings

# The first example of a test may import TensorFlow, so time says nothing about the code; and
# a red test must be red again when it is run again.
settings.register_profile("siamese", deadline=None, derandomize=True)
settings.load_profile("siamese")
