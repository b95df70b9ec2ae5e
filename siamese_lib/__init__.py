"""Siamese networks to read, run and use: the library under the book.

Each name is imported when it is first used. So ``import siamese_lib`` does not wait for Keras or
TensorFlow.

Examples in docstrings begin with ``import numpy as np`` and ``import siamese_lib as sl``.
"""

import lazy_loader

from siamese_lib.network.devices import configure

__version__ = "0.2.0.dev0"

configure()
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
