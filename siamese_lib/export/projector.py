"""Write files for TensorBoard's embedding projector.

TensorBoard's source describes their format in ``tensorboard/plugins/projector``.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np

from siamese_lib.images import sheet, shrunk_to

SPRITE = 8_192  # pixels: the largest side of a picture that the projector's page can hold
_LEAST = 8  # pixels: the smallest side at which an image can be recognized


def projector_files(
    embeddings: np.ndarray, names: Sequence[str], images: np.ndarray
) -> dict[str, bytes]:
    """Return the files for embeddings, class names and images.

    Args:
        embeddings: float32 (N, dim).
        names: N class names.
        images: uint8 (N, H, W, 1 or 3), reduced if the sprite, the picture of all images, would be
            too large.

    Returns:
        Contents by file name, the configuration last.

    Raises:
        ValueError: there are too many images for one sprite.
    """
    across = math.ceil(math.sqrt(len(images)))
    side = SPRITE // across
    if side < _LEAST:
        raise ValueError(
            f"images: got {len(images):,}; expected at most {(SPRITE // _LEAST) ** 2:,}, so that "
            f"each is at least {_LEAST} pixels wide in a sprite of {SPRITE:,}. Write fewer images."
        )
    images = shrunk_to(images, side)
    height, width = images.shape[1:3]
    sprite = io.BytesIO()
    sheet(images, across).save(sprite, "PNG")
    # Nine significant digits identify any float32.
    rows = ["\t".join(f"{x:.9g}" for x in row) for row in embeddings.tolist()]
    about = ["class\tindex"] + [f"{_cell(name)}\t{i}" for i, name in enumerate(names)]
    config = f"""embeddings {{
  tensor_name: "embeddings"
  tensor_shape: {embeddings.shape[0]}
  tensor_shape: {embeddings.shape[1]}
  tensor_path: "embeddings.tsv"
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {width}
    single_image_dim: {height}
  }}
}}
"""
    return {
        "embeddings.tsv": _lines(rows),
        "metadata.tsv": _lines(about),
        "sprite.png": sprite.getvalue(),
        "projector_config.pbtxt": config.encode(),
    }


def _cell(name: str) -> str:
    """Return a name without tabs and line breaks, which would end its cell of the table."""
    return " ".join(name.split()) or "(no name)"


def _lines(rows: Sequence[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()
