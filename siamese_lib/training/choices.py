"""What a recipe can choose between, in a file that needs no Keras: the terminal's help shows it."""

from __future__ import annotations

TOWERS = ("conv", "photo")
LOSSES = ("contrastive", "supervised", "triplet", "softmax")
MARGIN_LOSSES = ("contrastive", "triplet")  # the others have none
PAIRS = ("in-batch", "random")
FOLDER_SIZE = 64  # pixels: the side to which pictures of a folder are scaled
