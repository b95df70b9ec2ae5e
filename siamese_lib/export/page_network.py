"""The run's tower as data, so that a page can embed a drawing by itself.

The weights of the last frame are in single precision, because the neighbours depend on them. Half
precision would save half of their 0.9 MB, but it moves some MNIST digits by more than a thousandth
of the margin in the map of `shipped_run`. The weights of the other frames, which only move a
drawing on the map, are rounded (`page_film`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from siamese_lib.colors import EXTRA
from siamese_lib.data.handwriting import paper_of
from siamese_lib.export.page import json_in_html
from siamese_lib.export.page_film import frames_of, is_at
from siamese_lib.runs.run import Run
from siamese_lib.runs.run_files import RunError
from siamese_lib.views.film import Film

if TYPE_CHECKING:
    from siamese_lib.files import JsonObject
    from siamese_lib.network.backend import keras

# What a layer must say of itself to be one of those in `conv_tower`.
_PLAIN: dict[str, JsonObject] = {
    "InputLayer": {},
    "Rescaling": {},
    "Conv2D": {
        "padding": "same", "strides": [1, 1], "dilation_rate": [1, 1], "groups": 1,
        "activation": "linear", "data_format": "channels_last",
    },
    "MaxPooling2D": {
        "padding": "same", "pool_size": [2, 2], "strides": [2, 2], "data_format": "channels_last",
    },
    "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
    "GlobalAveragePooling2D": {"data_format": "channels_last"},
    "Flatten": {"data_format": "channels_last"},
    "UnitNormalization": {"axis": -1},
}  # fmt: skip
_KINDS = {
    "MaxPooling2D": "pool", "ReLU": "relu", "GlobalAveragePooling2D": "average",
    "UnitNormalization": "unit",
}  # fmt: skip
_ONE = {"Flatten", "GlobalAveragePooling2D"}  # layers after which an image is one vector


def drawing_of(
    run: Run, images: np.ndarray, film: Film, queries: np.ndarray, room: int
) -> tuple[dict[str, Any] | None, str]:
    """Return what a page needs to embed drawings, or None if it cannot; and words about it.

    A page can if the tower is made of the layers of `conv_tower`, in any number and order, and
    takes images of one or three channels from 0 to 255.

    Args:
        run: the training.
        images: training images (N, H, W, C), uint8, whose ink and ground a drawing gets.
        film: what the page shows.
        queries: embeddings (Q, dim) of the film's points at the last frame.
        room: bytes that the page may still grow by. If the weights of all frames take more, the
            page has those of the last frame only.
    """
    try:
        tower = run.tower
    except RunError:
        return None, ""
    layers = network_of(tower)
    if layers is None or run.image_shape[2] not in (1, 3) or not _takes_bytes(run, tower):
        return None, ""
    paper = paper_of(images)
    made = {
        "tower": {"shape": list(run.image_shape), "layers": layers},
        "ground": list(paper.ground),
        "ink": list(paper.ink),
        "colors": paper.colors,
        "color": EXTRA,
        "axes": None,
        "origins": b"",
        "frames": None,
    }
    axes = _axes(film.frames[-1], queries)
    if axes is None:
        return made, ""
    found, words = frames_of(run, film, axes, room - len(json_in_html(made)))
    return {**made, **found}, words


def network_of(tower: keras.Model) -> list[dict[str, Any]] | None:
    """Return the layers of a tower, with their weights as float32 bytes, little-endian.

    Args:
        tower: any Keras model.

    Returns:
        A dictionary for each layer that computes something; None for a tower that is not a chain of
        layers such as those of `conv_tower`.
    """
    described = _chain(tower)
    if described is None or not all(_is_plain(layer) for layer in described):
        return None
    kinds = [layer["class_name"] for layer in described]
    before = kinds[: kinds.index("UnitNormalization")] if "UnitNormalization" in kinds else _ONE
    if not _ONE & {*before}:
        return None  # it divides each place of the image by a length of its own
    return [packed for layer in described for packed in _packed(layer, tower)]


def _chain(tower: keras.Model) -> list[JsonObject] | None:
    """Return the descriptions of layers of which each takes what the one before it gives."""
    kind = type(tower)
    if kind.__name__ not in ("Functional", "Sequential") or not kind.__module__.startswith("keras"):
        return None
    layers = tower.get_config()["layers"]
    if kind.__name__ == "Functional":
        for before, layer in zip([None, *layers], layers, strict=False):
            given = [_origins(node) for node in layer["inbound_nodes"]]
            if given != ([] if before is None else [[before["config"]["name"]]]):
                return None
    return layers


def _origins(node: JsonObject) -> list[str]:
    """Return the names of the layers that a call of a layer gets its tensors from."""
    tensors = [each for each in node["args"] if isinstance(each, dict)]
    return [each.get("config", {}).get("keras_history", [""])[0] for each in tensors]


def _is_plain(layer: JsonObject) -> bool:
    expected = _PLAIN.get(layer["class_name"])
    if expected is None or not layer["module"].startswith("keras"):
        return False
    config = layer["config"]
    return all(_as_list(config.get(name)) == value for name, value in expected.items()) and all(
        isinstance(config.get(name, 0), (int, float)) for name in ("scale", "offset")
    )


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _packed(layer: JsonObject, tower: keras.Model) -> Iterator[dict[str, Any]]:
    """Return a layer as the page takes it; nothing for one that computes nothing."""
    kind, config = layer["class_name"], layer["config"]
    if kind in _KINDS:
        yield {"kind": _KINDS[kind]}
    elif kind == "Rescaling":
        yield {"kind": "scale", "scale": config["scale"], "offset": config["offset"]}
    elif kind == "Conv2D":
        built = tower.get_layer(config["name"])
        weights = built.get_weights()
        yield {
            "kind": "convolution",
            "shape": list(weights[0].shape),
            "kernel": weights[0].astype("<f4").tobytes(),
            "bias": weights[1].astype("<f4").tobytes() if len(weights) > 1 else None,
        }


def _takes_bytes(run: Run, tower: keras.Model) -> bool:
    """Return whether the tower takes pixels as they are: a run may divide them by 255 before."""
    white = np.full((1, *run.image_shape), 255, np.uint8)
    direct, embedded = np.asarray(tower(white.astype(np.float32))), run.embed(white)
    return bool(np.linalg.norm(direct - embedded) <= 0.01 * np.linalg.norm(embedded))


def _axes(places: np.ndarray, embeddings: np.ndarray) -> np.ndarray | None:
    """Return what turns an embedding into a place on the map, (dim + 1, 2).

    A film shows the embeddings of two dimensions, or two principal axes of them, moved so that
    their mean is 0. The last row is where the embedding of zeros lies.

    Args:
        places: (Q, 2) on the map.
        embeddings: (Q, dim).

    Returns:
        None if the film's last frame is something else, or has too few points to tell.
    """
    count, dim = embeddings.shape
    if count <= dim + 1 or places.shape != (count, 2):
        return None
    known = np.column_stack([embeddings, np.ones(count)]).astype(np.float64)
    axes = np.linalg.lstsq(known, places.astype(np.float64), rcond=None)[0]
    return axes if is_at(places, known @ axes) else None
