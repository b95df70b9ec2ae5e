"""A recipe for a training: tower, loss, batches, distortions and steps that suit the images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from siamese_lib.data.augmentation import PhotoDistortion
from siamese_lib.data.dataset import Dataset, Split
from siamese_lib.network.backend import keras
from siamese_lib.network.devices import compile_options
from siamese_lib.network.losses import BatchTripletLoss, ContrastiveLoss, InBatchContrastiveLoss
from siamese_lib.network.optimizers import Muon
from siamese_lib.network.photo_tower import photo_tower
from siamese_lib.network.proxies import proxy_model
from siamese_lib.network.siamese import siamese
from siamese_lib.network.towers import conv_tower
from siamese_lib.pairs.samplers import BalancedBatchSampler, PairSampler
from siamese_lib.training.batches import Augmentation, ImageBatches
from siamese_lib.training.choices import LOSSES, PAIRS, TOWERS

Shape: TypeAlias = tuple[int, int, int]

_DIGITS_SIDE = 32  # pixels: the largest side of grey images that the small tower suits
_DIGITS_PER_CLASS = 200
_EPOCHS, _FEWEST, _MOST = 30, 200, 1500  # of photographs; 1,500 steps take 3 minutes on 2 cores
_LARGEST_EPOCH = 100  # steps
# The triplet loss suits more than 500 classes with up to 8 images. Of 79 it learned nothing. So
# many are often signs, and a mirrored sign may be another one. On held-out classes of emoji (20-way
# 1-shot), 128 dimensions gave 0.82 without mirrored images and 0.79 with them, and 64 gave 0.77.
_HUNDREDS, _FEW, _FEW_MARGIN = 500, 8, 0.2
# Of so many pictures, a training sees enough that differ by themselves. On held-out pictures of
# openclipart's (5,444 in training), weaker distortions and 128 dimensions raised MAP@R from 0.47 to
# 0.53, and left P@1 as it was, 0.59.
_PLENTY = 3000
_GENTLE = {"zoom": 0.1, "stretch": 0.1, "color": 0.3}


@dataclass(frozen=True)
class Recipe:
    """What a training is made of. Without arguments it is the one for MNIST.

    ``str`` says it in words. The methods make the parts, for plain Keras::

        recipe = sl.recipe_for(data)
        tower = recipe.build_tower(data.train.images.shape[1:], seed=0)
        model = recipe.compile(tower, len(data.class_names))
        batches = recipe.batches(data.train, seed=0)
        model.fit(batches, epochs=recipe.steps // len(batches), shuffle=False)

    Attributes:
        tower: "conv" for `conv_tower`, "photo" for `photo_tower`.
        embedding_dim: length of the embedding.
        loss: "contrastive", "triplet", or "softmax" for the cross-entropy of a `proxy_model`.
        pairs: "in-batch", or "random" for `PairSampler` and the siamese model, as the original
            program; these take the contrastive loss only.
        margin: of the contrastive and the triplet loss.
        batch_size: images in a step, or random pairs.
        per_class: images of each class in a batch; None leaves it to `BalancedBatchSampler`.
        augment: what distorts the images, or None.
        steps: of the whole training.
        learning_rate: of `Muon` at the first step; it falls linearly to 0.
        why: what the recipe was chosen by, in words.

    Raises:
        ValueError: a word is not one of those above, or random pairs have another loss.
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

    def __str__(self) -> str:
        """Say in a line what is trained, and why."""
        lengths = f"{self.embedding_dim} dimension{'s' * (self.embedding_dim != 1)}"
        losses = {
            "contrastive": f"contrastive loss with margin {self.margin:g}",
            "triplet": f"triplet loss with margin {self.margin:g}",
            "softmax": "normalized softmax loss",
        }
        what = "random pairs" if self.pairs == "random" else "images"
        each = f", {self.per_class} of each class in it" if self.per_class else ""
        words = (
            f"{self.tower}_tower to {lengths}, {losses[self.loss]}, batches of {self.batch_size} "
            f"{what}{each}, {self._distorted()}, {self.steps:,} steps of Muon from learning rate "
            f"{self.learning_rate:g}"
        )
        return f"{words} ({self.why})" if self.why else words

    def _distorted(self) -> str:
        if self.augment is None:
            return "images as they are"
        return f"images distorted by {getattr(self.augment, '__name__', self.augment)}"

    def build_tower(self, image_shape: Shape, seed: int | None = 0) -> keras.Model:
        """Build the tower, with weights drawn by the seed."""
        if self.tower == "conv":
            return conv_tower(image_shape, self.embedding_dim, seed=seed)
        unit = self.loss == "softmax" or self.embedding_dim > 2
        return photo_tower(image_shape, self.embedding_dim, seed=seed, unit_length=unit)

    def compile(self, tower: keras.Model, num_classes: int) -> keras.Model:
        """Return the model to train, compiled: the tower itself, or a model around it.

        Args:
            tower: from `build_tower`, or any Keras model from images to vectors.
            num_classes: labels are from 0 to `num_classes` - 1.
        """
        model = tower
        if self.loss == "softmax":
            model = proxy_model(tower, num_classes)
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        elif self.pairs == "random":
            model, loss = siamese(tower), ContrastiveLoss(self.margin)
        elif self.loss == "triplet":
            loss = BatchTripletLoss(self.margin)
        else:
            loss = InBatchContrastiveLoss(self.margin)
        falling = keras.optimizers.schedules.PolynomialDecay(
            self.learning_rate, self.steps, end_learning_rate=0.0
        )
        model.compile(Muon(falling), loss, **compile_options())
        return model

    def batches(self, images: Split, seed: int = 0) -> ImageBatches:
        """Return the batches of the whole training, in Keras epochs of equal length.

        An epoch has up to 100 steps, a divisor of `steps`.
        """
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
            return float(np.log(num_classes))
        return self.margin if self.loss == "triplet" else self.margin**2 / 4


def epoch_length(steps: int) -> int:
    """Return the steps of one Keras epoch, a divisor of all steps, from 10 to 100 if there is one.

    TensorBoard gets histograms after each epoch.
    """
    divisors = [n for n in range(10, _LARGEST_EPOCH + 1) if steps % n == 0]
    return max(divisors, default=steps)


def recipe_for(data: Dataset) -> Recipe:
    """Choose a recipe by what the images are.

    Small grey images of few classes with many images each, such as MNIST, get the book's own
    recipe, whose two dimensions can be drawn. All others get `photo_tower`, 64 dimensions, the
    normalized softmax loss, and distortions of photographs; these mirror no grey images, as they
    are often letters. 3,000 pictures in colour and more get 128 dimensions, batches of 128 and
    weaker distortions. More than 500 classes with 8 images or fewer in the middle one get the
    triplet loss instead, with margin 0.2, 128 dimensions and no mirrored images. The settings were
    chosen on held-out training images, and those of the triplet loss on held-out training classes.

    Args:
        data: the images; only the training images are looked at.

    Returns:
        A `Recipe`; change it with `dataclasses.replace`.

    Example:
        >>> print(sl.recipe_for(sl.load_dataset("mnist", verbose=False)).tower)
        conv
    """
    _, height, width, channels = data.train.images.shape
    small = max(height, width) <= _DIGITS_SIDE and channels == 1
    if small and _class_sizes(data)[1] >= _DIGITS_PER_CLASS:
        return Recipe(why=_facts(data))
    return photo_recipe(data)


def photo_recipe(data: Dataset) -> Recipe:
    """Return the recipe of `recipe_for` for photographs, whatever the images are."""
    classes, middle = _class_sizes(data)
    # Of hundreds of classes with few images, this loss finds new classes better.
    few = classes > _HUNDREDS and middle <= _FEW
    color = data.train.images.shape[-1] > 1
    plenty = color and not few and len(data.train) >= _PLENTY
    batch_size = 64 if classes <= 32 and not plenty else 128
    steps = _EPOCHS * len(data.train) / batch_size
    most = _MOST * 64 // batch_size
    return Recipe(
        tower="photo",
        embedding_dim=128 if plenty or few else 64,
        loss="triplet" if few else "softmax",
        margin=_FEW_MARGIN if few else 1.0,
        batch_size=batch_size,
        augment=PhotoDistortion(flip=color and not few, **(_GENTLE if plenty else {})),
        steps=int(min(max(round(steps, -2), _FEWEST), most)),
        why=_facts(data),
    )


def _class_sizes(data: Dataset) -> tuple[int, int]:
    """Return the number of classes with training images, and the size of the middle one."""
    counts = np.bincount(data.train.labels)
    counts = np.sort(counts[counts > 0])
    return len(counts), int(counts[len(counts) // 2]) if len(counts) else 0


def _facts(data: Dataset) -> str:
    height, width, channels = data.train.images.shape[1:]
    classes, middle = _class_sizes(data)
    return (
        f"{len(data.train):,} training images of {height}×{width}×{channels}, {classes:,} classes "
        f"with {middle:,} images in the middle one"
    )
