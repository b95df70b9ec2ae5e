"""A recipe for a training: tower, loss, batches, distortions and steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from siamese_lib.data.split import Split
from siamese_lib.data.stored_images import StoredImages
from siamese_lib.data.turned_classes import turned_classes
from siamese_lib.network.backend import keras
from siamese_lib.network.devices import compile_options, fastest_dtype
from siamese_lib.network.loss_parts import checked_margin, checked_positive_margin
from siamese_lib.network.losses import (
    BatchTripletLoss,
    ContrastiveLoss,
    InBatchContrastiveLoss,
    SupervisedContrastiveLoss,
)
from siamese_lib.network.optimizers import Muon, build_optimizer
from siamese_lib.network.photo_tower import photo_tower
from siamese_lib.network.proxies import proxy_model
from siamese_lib.network.siamese import siamese
from siamese_lib.network.towers import conv_tower
from siamese_lib.pairs.samplers import BalancedBatchSampler, PairSampler
from siamese_lib.training.batches import Augmentation, ImageBatches
from siamese_lib.training.choices import LOSSES, MARGIN_LOSSES, PAIRS, TOWERS

Shape: TypeAlias = tuple[int, int, int]

_LARGEST_EPOCH = 100  # steps
_TURNS = 4  # quarters of a circle


@dataclass(frozen=True)
class Recipe:
    """What a training is made of. Without arguments it is a short one, for digits in 2-D.

    `recipe_for` chooses one that suits the images. ``str`` says it in words. The methods make the
    parts, for plain Keras::

        recipe = sl.recipe_for(data)
        tower = recipe.build_tower(data.train.images.shape[1:], seed=0)
        model = recipe.compile(tower, len(data.class_names))
        batches = recipe.batches(data.train, seed=0)
        model.fit(batches, epochs=recipe.steps // len(batches), shuffle=False)

    Attributes:
        tower: "conv" for `conv_tower`, "photo" for `photo_tower`.
        embedding_dim: length of the embedding.
        loss: "contrastive", "supervised" for `SupervisedContrastiveLoss`, "triplet", or "softmax"
            for the cross-entropy of a `proxy_model`.
        pairs: "in-batch", or "random" for `PairSampler` and the siamese model, as the original
            program; these take the contrastive loss only.
        margin: of the contrastive and the triplet loss; the others have none, and take 1 here.
        batch_size: images in a step, or random pairs.
        per_class: images of each class in a batch; None leaves it to `BalancedBatchSampler`.
        augment: what distorts the images, or None.
        steps: of the whole training.
        learning_rate: of `Muon` at the first step; it falls linearly to 0.
        why: what the recipe was chosen by, in words.
        name: what the recipe is for, such as "digits".
        positive_margin: of the contrastive loss, from 0 to below `margin`.
        turned: whether each class, turned by a quarter, a half and three quarters of a circle, is a
            class of its own (`turned_classes`). `batches` turns the images, and `compile` counts
            these classes.

    Raises:
        ValueError: a word is not one of those above, random pairs have another loss, or a margin is
            not as described.
    """

    tower: str = "conv"
    embedding_dim: int = 2
    loss: str = "contrastive"
    pairs: str = "in-batch"
    margin: float = 1.0
    batch_size: int = 128
    per_class: int | None = None
    augment: Augmentation | None = None
    steps: int = 1200
    learning_rate: float = 0.02
    why: str = ""
    name: str = ""
    positive_margin: float = 0.0
    turned: bool = False

    def __post_init__(self) -> None:
        for name, words in (("tower", TOWERS), ("loss", LOSSES), ("pairs", PAIRS)):
            if getattr(self, name) not in words:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected {' or '.join(map(repr, words))}."
                )
        if self.pairs == "random" and (self.loss != "contrastive" or self.per_class is not None):
            raise ValueError(
                f"pairs is 'random' with the {self.loss} loss and per_class {self.per_class}; "
                "expected the contrastive loss and no per_class. Take pairs='in-batch' for others."
            )
        checked_positive_margin(self.positive_margin, checked_margin(self.margin))
        if self.loss not in MARGIN_LOSSES and self.margin != Recipe.margin:
            raise ValueError(
                f"margin is {self.margin:g} with the {self.loss} loss, which has none; expected "
                f"{Recipe.margin:g}, or loss={' or loss='.join(map(repr, MARGIN_LOSSES))}."
            )
        if self.positive_margin and self.loss != "contrastive":
            raise ValueError(
                f"positive_margin is {self.positive_margin:g} with the {self.loss} loss; expected "
                "0, as only the contrastive loss has one."
            )

    def __str__(self) -> str:
        """Say in a line what is trained, and why."""
        return self.described(f"{self.tower}_tower", self.embedding_dim)

    def described(self, tower: str, embedding_dim: int) -> str:
        """Say in a line what is trained, and why, of a tower that may be another one.

        Args:
            tower: its name.
            embedding_dim: length of its embeddings.
        """
        lengths = f"{embedding_dim} dimension{'s' * (embedding_dim != 1)}"
        resting = f" and positive margin {self.positive_margin:g}" if self.positive_margin else ""
        losses = {
            "contrastive": f"contrastive loss with margin {self.margin:g}{resting}",
            "supervised": "supervised contrastive loss",
            "triplet": f"triplet loss with margin {self.margin:g}",
            "softmax": "normalized softmax loss",
        }
        what = "random pairs" if self.pairs == "random" else "images"
        each = f", {self.per_class} of each class in it" if self.per_class else ""
        turned = ", turned by quarters of a circle into classes of their own" * self.turned
        words = (
            f"{tower} to {lengths}, {losses[self.loss]}, batches of {self.batch_size} "
            f"{what}{each}, {self._distorted()}{turned}, {self.steps:,} steps of Muon from "
            f"learning rate {self.learning_rate:g}"
        )
        return f"{words} ({self.why})" if self.why else words

    def _distorted(self) -> str:
        if self.augment is None:
            return "images as they are"
        return f"images distorted by {getattr(self.augment, '__name__', self.augment)}"

    def fastest_dtype(self) -> str | None:
        """Return the dtype for `build_tower` that trains fastest here, None for Keras' own.

        `photo_tower` becomes a tenth faster by `sl.fastest_dtype`, `conv_tower` by about a half.
        So only `conv_tower` gets it: a tower keeps its dtype, also where it is slow.
        """
        return fastest_dtype() if self.tower == "conv" else None

    def build_tower(
        self, image_shape: Shape, seed: int | None = 0, dtype: str | None = None
    ) -> keras.Model:
        """Build the tower, with weights drawn by the seed; `dtype` as in `conv_tower`."""
        unit = self.loss == "softmax" or (self.tower == "photo" and self.embedding_dim > 2)
        make = conv_tower if self.tower == "conv" else photo_tower
        return make(image_shape, self.embedding_dim, seed=seed, dtype=dtype, unit_length=unit)

    def compile(self, tower: keras.Model, num_classes: int) -> keras.Model:
        """Return the model to train, compiled: the tower itself, or a model around it.

        Args:
            tower: from `build_tower`, or any Keras model from images to vectors.
            num_classes: labels are from 0 to `num_classes` - 1.
        """
        model = tower
        if self.loss == "softmax":
            model = proxy_model(tower, num_classes * (_TURNS if self.turned else 1))
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        elif self.pairs == "random":
            loss = ContrastiveLoss(self.margin, positive_margin=self.positive_margin)
            model = siamese(tower)
        elif self.loss == "triplet":
            loss = BatchTripletLoss(self.margin)
        elif self.loss == "supervised":
            loss = SupervisedContrastiveLoss()
        else:
            loss = InBatchContrastiveLoss(self.margin, positive_margin=self.positive_margin)
        falling = keras.optimizers.schedules.PolynomialDecay(
            self.learning_rate, self.steps, end_learning_rate=0.0
        )
        model.compile(Muon(falling), loss, **compile_options())
        build_optimizer(model)
        return model

    def batches(self, images: Split, seed: int = 0) -> ImageBatches:
        """Return the batches of the whole training, in Keras epochs of equal length.

        An epoch has up to 100 steps, a divisor of `steps`.

        Raises:
            ValueError: images on disk are to be turned.
        """
        if self.turned and isinstance(images.images, StoredImages):
            raise ValueError(
                "turned is True for images on disk; expected images in memory, where four times as "
                "many have room. Load the folder without on_disk, or take turned=False."
            )
        if self.turned:
            images = turned_classes(images)
        if self.pairs == "random":
            sampler = PairSampler(images.labels, self.batch_size, seed)
        else:
            sampler = BalancedBatchSampler(
                images.labels, self.batch_size, seed, per_class=self.per_class
            )
        return ImageBatches(images, sampler, steps=epoch_length(self.steps), augment=self.augment)

    def trivial_value(self, num_classes: int) -> float:
        """Return the loss of embeddings that all coincide."""
        if self.loss == "softmax":
            return float(np.log(num_classes * (_TURNS if self.turned else 1)))
        if self.loss == "supervised":
            return float(np.log(self.batch_size - 1))
        return self.margin if self.loss == "triplet" else self.margin**2 / 4


def epoch_length(steps: int) -> int:
    """Return the steps of one Keras epoch, a divisor of all steps, from 10 to 100 if there is one.

    TensorBoard gets histograms after each epoch.
    """
    divisors = [n for n in range(10, _LARGEST_EPOCH + 1) if steps % n == 0]
    return max(divisors, default=steps)
