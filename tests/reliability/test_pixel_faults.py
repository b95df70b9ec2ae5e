"""Images of another scale, dtype or layout, and what comes back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from faults import Fault, check
from tiny_training import Training, corners, corners_dataset, dense_tower

import siamese_lib as sl
from siamese_lib import figures
from siamese_lib.data.dataset import DataError
from siamese_lib.network.backend import keras

DATA = corners(24)
IMAGES, LABELS = DATA.images, DATA.labels
UNIT = IMAGES / 255
TOWER = sl.conv_tower((8, 8, 1), seed=0)
RUN = sl.Run(TOWER, [0], [weight[None] for weight in TOWER.get_weights()])


def unit_tower() -> keras.Model:
    """A tower that expects pixels from 0 to 1."""
    images = keras.Input((8, 8, 1))
    return keras.Model(images, keras.layers.Dense(2)(keras.layers.Flatten()(images)))


def trained(images: np.ndarray, tower: keras.Model) -> sl.Run:
    data = SimpleNamespace(images=images, labels=LABELS)
    return Training(steps=2, data=data, tower=tower).fit().run


def same_embeddings(folder: Path) -> str:
    run = trained(UNIT.astype(np.float32), unit_tower())
    again = sl.Run.load(run.save(folder / "run"), tower=unit_tower())
    apart = np.abs(again.embed(IMAGES) - again.embed(UNIT)).max()
    return f"the same to {max(apart, 0.0001)}"


FAULTS = {
    "unit": Fault(
        "images from 0 to 1 for a run that was trained on 0 to 255",
        "an error with the range that was given, and the code that mends it",
        r"from 0 to 0\.8.*from 0 to 255.*\(images \* 255\)\.round\(\)\.astype\(\"uint8\"\)",
        lambda _: RUN.embed(UNIT),
        error=ValueError,
    ),
    "film": Fault(
        "the same for a film",
        "the same error, before anything is embedded",
        r"expected numbers from 0 to 255",
        lambda _: RUN.film(UNIT, LABELS),
        error=ValueError,
    ),
    "extra": Fault(
        "a drawing from 0 to 1 beside good images in a film",
        "the same error, which names the argument",
        r"^extra: got float64.*pass \(extra \* 255\)",
        lambda _: RUN.film(IMAGES, extra=UNIT[:1]),
        error=ValueError,
    ),
    "boolean": Fault(
        "boolean images",
        "an error with images.astype(\"uint8\") * 255",
        r"got bool.*images\.astype\(\"uint8\"\) \* 255",
        lambda _: RUN.embed_once(IMAGES > 100),
        error=ValueError,
    ),
    "sixteen": Fault(
        "16-bit images",
        "an error with (images // 257).astype(\"uint8\")",
        r"uint16.*16 bits.*\(images // 257\)\.astype\(\"uint8\"\)",
        lambda _: RUN.embed(IMAGES.astype(np.uint16) * 257 + 9_000),
        error=ValueError,
    ),
    "standardized": Fault(
        "images less their mean, divided by their standard deviation",
        "an error that asks to undo it",
        r"from -.*Undo what was done to the pixels",
        lambda _: RUN.embed((IMAGES - IMAGES.mean()) / IMAGES.std()),
        error=ValueError,
    ),
    "nan": Fault(
        "NaN in three of 24 images",
        "an error that counts them and names the first",
        r"NaN or infinity in 3 of 24 images, first 4.*nan_to_num",
        lambda _: RUN.embed(np.where(np.isin(np.arange(24), (4, 7, 9))[:, None, None, None],
                                     np.nan, IMAGES)),
        error=ValueError,
    ),
    "channels": Fault(
        "channels first",
        "an error with numpy.moveaxis(images, 1, -1)",
        r"channels first: pass numpy\.moveaxis\(images, 1, -1\)\.",
        lambda _: RUN.embed(np.moveaxis(IMAGES, -1, 1)),
        error=ValueError,
    ),
    "one": Fault(
        "one image without an axis for the batch",
        "an error with images[None]",
        r"one image: pass images\[None\]",
        lambda _: RUN.embed(IMAGES[0]),
        error=ValueError,
    ),
    "split of 0..1": Fault(
        "a split of images from 0 to 1",
        "an error whose remedy keeps the images, as astype alone would turn them black",
        r"pass \(images \* 255\)\.round\(\)\.astype\(\"uint8\"\)",
        lambda _: sl.Split(UNIT, LABELS),
        error=DataError,
    ),
    "split, channels first": Fault(
        "a split of images with channels first",
        "an error with numpy.moveaxis(images, 1, -1)",
        r"channels first: pass numpy\.moveaxis\(images, 1, -1\)\.",
        lambda _: sl.Split(np.moveaxis(IMAGES, -1, 1), LABELS),
        error=DataError,
    ),
    "split of 0 and 1": Fault(
        "a split of bytes that hold nothing but 0 and 1",
        "the split, and a warning that they are black",
        r"nothing but 0 and 1.*pass images \* 255",
        lambda _: sl.Split((IMAGES > 100).astype(np.uint8), LABELS),
    ),
    "training": Fault(
        "training the usual tower on images from 0 to 1",
        "an error before the first step",
        r"expected numbers from 0 to 255",
        lambda _: trained(UNIT, dense_tower()),
        error=ValueError,
    ),
    "nan in training": Fault(
        "training on images that hold NaN",
        "an error before the first step",
        r"NaN or infinity in 24 of 24 images",
        lambda _: trained(np.where(IMAGES < 9, np.nan, IMAGES), dense_tower()),
        error=ValueError,
    ),
    "validation": Fault(
        "validation images from 0 to 1",
        "an error that names them",
        r"^validation images: got float64",
        lambda _: Training(validation=SimpleNamespace(images=UNIT, labels=LABELS)),
        error=ValueError,
    ),
    "own tower": Fault(
        "bytes for a run whose own tower was trained on 0 to 1",
        "the embeddings of the same images from 0 to 1, after saving and loading, too",
        r"the same to 0\.0001",
        same_embeddings,
    ),
    "own tower, 16 bits": Fault(
        "16-bit images for such a run",
        "an error that expects 0 to 1, with the code that mends it",
        r"expected numbers from 0 to 1 .*astype\(\"uint8\"\) / 255",
        lambda _: trained(UNIT, unit_tower()).embed(IMAGES.astype(np.uint16) * 257),
        error=ValueError,
    ),
    "figure": Fault(
        "images from 0 to 1 in a figure",
        "an error with the code that mends it",
        r"expected uint8.*pass \(images \* 255\)",
        lambda _: figures.image_grid(UNIT),
        error=ValueError,
    ),
    "explorer": Fault(
        "an image from 0 to 1 as the query of the explorer",
        "an error with the code that mends it; the answer stays as it was",
        r"expected uint8 of shape \(8, 8, 1\)\. Pass \(image \* 255\)",
        lambda _: sl.RetrievalExplorer(RUN, corners_dataset()).select(image=UNIT[0]),
        error=ValueError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
