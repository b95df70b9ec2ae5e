"""One of each view in small, with words, pictures and classes, as chapters show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tiny_explorer import mixed_dataset, tiny_run
from tiny_training import SHAPE, Training

import siamese_lib as sl

NAMES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Ankle boot"]
_POINTS = 60
_STEPS = [0, 10, 20, 40, 120]
_LABELS = np.arange(_POINTS) % len(NAMES)
_IMAGES = np.zeros((_POINTS, 8, 8), np.uint8)
_IMAGES[:, 2:6, 2:6] = 4 * np.arange(_POINTS)[:, None, None] + 15


def film(size: float = 1.0) -> sl.Film:
    """Five clouds that drift apart."""
    angles = 2 * np.pi * _LABELS / len(NAMES)
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    spread = np.random.default_rng(0).normal(scale=0.15, size=(_POINTS, 2))
    frames = np.array([(spread + centres * t) * size for t in np.linspace(0, 1, len(_STEPS))])
    curves = {
        "loss": [0.5, 0.3, 0.2, 0.1, 0.05],
        "precision of the nearest 7": [0.2, 0.4, 0.6, 0.8, 1],
    }
    return sl.Film(
        frames, _LABELS, images=_IMAGES, class_names=NAMES, steps=_STEPS, curves=curves,
        margin=size,
    )  # fmt: skip


def embedding_view() -> sl.EmbeddingView:
    """A film in which four points are selected and one class is hidden."""
    view = sl.EmbeddingView.of(film(), selected=[0, 1, 2, 3])
    view.state = {"hidden": [NAMES[2]]}
    return view


def threshold() -> sl.ThresholdExplorer:
    """Pairs of which some are called wrongly."""
    rng = np.random.default_rng(0)
    left, right = rng.integers(_POINTS, size=(2, 400))
    same = (_LABELS[left] == _LABELS[right]).astype(float)
    distances = np.abs(rng.normal(2 - same, 0.8, 400))
    return sl.ThresholdExplorer(
        distances, same, left, right, _IMAGES, _LABELS, class_names=NAMES, threshold=1.2
    )


def side_by_side() -> sl.SideBySide:
    return sl.SideBySide({"with both parts of the loss": film(), "pull only": film(0.1)})


def pair_matrix() -> sl.PairMatrix:
    return sl.PairMatrix(
        film().frames, _LABELS, images=_IMAGES, class_names=NAMES, steps=_STEPS, frame=3
    )


def probe() -> sl.Probe:
    """Two subjects and two dials, on a flat map and on one in three dimensions."""
    rng = np.random.default_rng(0)
    dials = {"pixels to the right": range(-2, 3), "azimuth": [0, 90, 180, 270]}
    images = np.zeros((2, 5, 4, 8, 8), np.uint8)
    for shift in range(5):
        images[:, shift, :, 2:6, shift : shift + 3] = 255
    images[:, :, 1:, 3, 3] = 128
    space = rng.normal(size=(2, 5, 4, 3))
    cloud = rng.normal(size=(_POINTS, 3))
    return sl.Probe(
        {"trained": space[..., :2], "in three dimensions": space}, images, dials,
        clouds={"trained": cloud[:, :2], "in three dimensions": cloud}, labels=_LABELS,
        class_names=NAMES, cloud_images=_IMAGES, subject_names=["a four", "a nine"],
        periodic=["azimuth"], units={"azimuth": "°"},
        notes={"trained": "2 of 3 dimensions, 70 % of the variance"},
    )  # fmt: skip


def laboratory() -> sl.Laboratory:
    """A laboratory of five classes, each with a bright row of its own."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 90, (2, 80, 16, 16, 1), np.uint8)
    labels = np.arange(80) % len(NAMES)
    for number in range(len(NAMES)):
        images[:, labels == number, 3 * number : 3 * number + 3] += 150
    train, test = (sl.Split(part, labels) for part in images)
    data = sl.Dataset(train, test, tuple(NAMES), "made here", "stripes")
    return sl.Laboratory(data, batch=16, step=60)


def predictions() -> dict[str, sl.Prediction]:
    """A question of each kind, of which two are answered."""
    choice = sl.Prediction("Which is the best?", choices=["pixels", "the network", "neither"])
    choice.state = {"answer": "pixels"}
    number = sl.Prediction("How many pairs still push?", number=(0, 100), unit="%")
    number.state = {"answer": 40}
    axes = ("step", "precision")
    curve = sl.Prediction(
        "How does the precision rise?", curve=([0, 1, 2, 5, 10, 20], (0, 1)), axes=axes
    )
    return {"choice": choice, "number": number, "curve": curve}


def explorer() -> sl.RetrievalExplorer:
    """An explorer with a pin, whose class names are words."""
    data = mixed_dataset()
    named = sl.Dataset(data.train, data.test, tuple(NAMES[:4]), data.source, data.name)
    made = sl.RetrievalExplorer(tiny_run(), named)
    made._do("pin")
    made.select(index=5)
    return made


VIEWS = {
    "film": embedding_view,
    "springs": sl.Springs,
    "side_by_side": side_by_side,
    "pair_matrix": pair_matrix,
    "probe": probe,
    "threshold": threshold,
    "laboratory": laboratory,
    "choice": lambda: predictions()["choice"],
    "number": lambda: predictions()["number"],
    "curve": lambda: predictions()["curve"],
}  # that need no kernel
LIVE = {"explorer": explorer}  # that need one


def write_pages(folder: Path) -> dict[str, Path]:
    """Export each view that needs no kernel, and a run with its search, as pages."""
    paths = {
        name: sl.export_view(make(), folder / f"{name}.html", title=f"The page of {name}")
        for name, make in VIEWS.items()
    }
    run = Training(steps=18, frames=5, tower=sl.conv_tower(SHAPE, 5, seed=0)).fit().run
    paths["run"] = sl.export_html(run, mixed_dataset(), folder / "run.html", playing=False)
    return paths
