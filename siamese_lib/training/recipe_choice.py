"""Choose a recipe by what the images are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from siamese_lib.checks import whole_number
from siamese_lib.data.augmentation import (
    ElasticDistortion,
    PhotoDistortion,
    RandomAffine,
    RandomShift,
)
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.stored_images import StoredImages
from siamese_lib.training.recipes import Recipe

_SMALL_SIDE = 32  # pixels: the largest side of grey images that a training sees a million times
_MANY_PER_CLASS = 200
_DIGITS, _SMALL = "digits", "small images"
_FIVE_MINUTES = {"conv": 9000, "photo": 5000}  # steps of 128 small images, on two cores
# On held-out digits in 16 dimensions, batches of 64 were a little better than those of 128 in 10
# seconds, as good in 25 seconds and in 3 minutes, and a little worse in the time of the whole
# recipe. In 128 dimensions, they were a little worse in 3 minutes.
_FEW_DIMENSIONS, _FEW_STEPS, _SMALL_BATCH = 32, 300, 64
_EPOCHS, _FEWEST, _MOST = 30, 200, 1500  # of photographs; 1,500 steps take 3 minutes on 2 cores
# The triplet loss suits more than 500 classes with up to 8 images. Of 79 it learned nothing. So
# many are often signs, and a mirrored sign may be another one. On held-out classes of emoji (20-way
# 1-shot), 128 dimensions gave 0.82 without mirrored images and 0.79 with them, and 64 gave 0.77.
_HUNDREDS, _FEW, _FEW_MARGIN = 500, 8, 0.2
# Of so many pictures, a training sees enough that differ by themselves. On held-out pictures of
# openclipart's (5,444 in training), weaker distortions and 128 dimensions raised MAP@R from 0.47 to
# 0.53, and left P@1 as it was, 0.59.
_PLENTY = 3000
_GENTLE = {"zoom": 0.1, "stretch": 0.1, "color": 0.3}
_FEW_CLASSES = 32
# Of the ink of digits, 1 to 3 % is left if what is within 2 pixels of the ground (of 28) is taken
# away, and up to 10 % if they fill the image; of letters of a dozen typefaces 4 %, of clip art 9 %,
# of clothes 31 % and more.
_DIGIT_LINES, _LETTER_LINES = 0.15, 0.05
_REACH, _LOOKED_AT = 2 / 28, 256
_PLAIN_MARGINS = {"margin": Recipe.margin, "positive_margin": Recipe.positive_margin}
_MAP_MARGINS = {"margin": 3.0, "positive_margin": 0.6}  # of the contrastive loss, for digits
_FINE = 84  # pixels: images are enlarged to this before the rim is taken off
_PLAIN = 0.2  # most ink on the border; of noise, nearly a half of it is ink


def recipe_for(data: Dataset, embedding_dim: int | None = None) -> Recipe:
    """Choose a recipe by what the images are.

    * Digits: small grey images of lines, such as MNIST, with 200 and more in the middle class. They
      get `conv_tower` and the supervised contrastive loss in two dimensions, which can be drawn;
      in more dimensions, the normalized softmax loss.
    * Small grey images of anything else, such as Fashion-MNIST, with as many in a class:
      `photo_tower`, 16 dimensions and the normalized softmax loss; images are moved by a pixel.
    * Letters: square grey images of lines in more than 32 classes with fewer images, in memory, not
      on disk, as they are turned: `photo_tower`, 128 dimensions and the normalized softmax loss.
      Each letter turned by a quarter, a half and three quarters of a circle is a class of its own.
    * Photographs, which are all others: `photo_tower`, 64 dimensions, the normalized softmax loss,
      and distortions of photographs; these mirror no grey images, as they are often letters. 3,000
      pictures in colour and more get 128 dimensions, batches of 128 and weaker distortions. More
      than 500 classes with 8 images or fewer in the middle one get the triplet loss instead, with
      margin 0.2, 128 dimensions and no mirrored images.

    Images are of lines if their ground is plain and nearly all of their ink is near it: if a rim of
    2 pixels in 28 is taken off, 15 % or less is left of digits, and 5 % of letters. The first
    recipe takes up to 10 minutes on two cores, by the processor, and the second up to 16; fewer
    `Recipe.steps` take less. All settings were chosen on held-out training images, and those of the
    letters and of the triplet loss on held-out training classes.

    Args:
        data: the images; only the training images are looked at.
        embedding_dim: length of the embedding, at least 1; by default that of the recipe.

    Returns:
        A `Recipe`; change it with `dataclasses.replace`.

    Raises:
        ValueError: `embedding_dim` is not as described.

    Example:
        >>> print(sl.recipe_for(sl.load_dataset("mnist", verbose=False)).name)
        digits
    """
    if embedding_dim is not None:
        whole_number("embedding_dim", embedding_dim, 1)
    _, height, width, channels = data.train.images.shape
    classes, middle = _class_sizes(data)
    small = max(height, width) <= _SMALL_SIDE and middle >= _MANY_PER_CLASS
    if channels == 1 and small:
        lines = in_lines(data.train.images, _DIGIT_LINES)
        chosen = digit_recipe(data, embedding_dim) if lines else small_recipe(data)
    elif (
        channels == 1
        and height == width
        and classes > _FEW_CLASSES
        and middle < _MANY_PER_CLASS
        and isinstance(data.train.images, np.ndarray)
        and in_lines(data.train.images, _LETTER_LINES)
    ):
        chosen = letter_recipe(data)
    else:
        chosen = photo_recipe(data)
    return chosen if embedding_dim is None else replace(chosen, embedding_dim=embedding_dim)


def digit_recipe(
    data: Dataset, embedding_dim: int | None = None, tower: str = "conv", loss: str | None = None
) -> Recipe:
    """Return the recipe of `recipe_for` for digits, whatever the images are.

    On held-out images, elastic distortions were a little worse than affine ones for `conv_tower`
    in two dimensions, and level or a little better in all other cases. In two dimensions, the
    supervised contrastive loss was level with the contrastive loss for `conv_tower`, and a little
    better for `photo_tower` (`python -m benchmarks tried`).
    """
    dim = 2 if embedding_dim is None else embedding_dim
    # Embeddings of length 1 would all be on a circle in two dimensions, and two points in one.
    flat = dim <= 2
    gentle = flat and tower == "conv"
    loss = loss or ("supervised" if flat else "softmax")
    recipe = Recipe(
        tower=tower,
        embedding_dim=dim,
        loss=loss,
        augment=RandomAffine(0.08) if gentle else ElasticDistortion(0.1, bend=0.5),
        steps=_FIVE_MINUTES[tower],
        name=_DIGITS,
        why=_facts(data),
    )
    return replace(recipe, **_MAP_MARGINS) if flat and loss == "contrastive" else recipe


def small_recipe(data: Dataset) -> Recipe:
    """Return the recipe of `recipe_for` for other small images, whatever the images are."""
    return Recipe(
        tower="photo",
        embedding_dim=16,
        loss="softmax",
        augment=RandomShift(1),
        steps=_FIVE_MINUTES["photo"],
        name=_SMALL,
        why=_facts(data),
    )


def letter_recipe(data: Dataset) -> Recipe:
    """Return the recipe of `recipe_for` for letters; the images must be square."""
    return Recipe(
        tower="photo",
        embedding_dim=128,
        loss="softmax",
        augment=RandomAffine(0.1, shift=2),
        turned=True,
        steps=1000,
        name="letters",
        why=_facts(data),
    )


def with_tower(recipe: Recipe, tower: str, data: Dataset) -> Recipe:
    """Return a recipe for the same images with another tower, "conv" or "photo"."""
    if tower == recipe.tower:
        return recipe
    if recipe.name == _DIGITS:
        return digit_recipe(data, recipe.embedding_dim, tower)
    if recipe.name == _SMALL:
        return replace(recipe, tower=tower, steps=_FIVE_MINUTES[tower])
    return photo_recipe(data) if tower == "photo" else Recipe(why=_facts(data))


def with_loss(recipe: Recipe, loss: str, data: Dataset) -> Recipe:
    """Return a recipe for the same images with another loss."""
    if loss == recipe.loss:
        return recipe
    if recipe.name == _DIGITS:
        return digit_recipe(data, recipe.embedding_dim, recipe.tower, loss)
    return replace(recipe, loss=loss, **_PLAIN_MARGINS)


def with_steps(recipe: Recipe, steps: int) -> Recipe:
    """Return a recipe of `recipe_for` with other steps, as ``siamese train`` takes it.

    Few steps are for a training of seconds. In these, batches of 64 digits teach more in the same
    time, with `conv_tower`, the softmax loss and 3 to 32 dimensions.
    """
    small = (
        recipe.name == _DIGITS
        and recipe.tower == "conv"
        and recipe.loss == "softmax"
        and 2 < recipe.embedding_dim <= _FEW_DIMENSIONS
        and steps <= _FEW_STEPS
    )
    return replace(recipe, steps=steps, batch_size=_SMALL_BATCH if small else recipe.batch_size)


def in_lines(images: np.ndarray | StoredImages, most: float = _DIGIT_LINES) -> bool:
    """Return whether images are drawn in lines on a plain ground, as handwriting is.

    The ground is the median of an image's border, and its ink what differs from it by more than
    half of the most. 256 of the images are looked at.

    Args:
        images: (N, H, W, C) of any real dtype, N at least 1.
        most: the largest share of the ink that may be farther from the ground than the rim.
    """
    chosen = np.linspace(0, len(images) - 1, min(len(images), _LOOKED_AT)).astype(np.int64)
    grey = np.asarray(images[chosen], np.float32).mean(axis=3)
    border = np.ones(grey.shape[1:], bool)
    border[1:-1, 1:-1] = False
    apart = np.abs(grey - np.median(grey[:, border], axis=1)[:, None, None])
    ink = apart > np.maximum(np.percentile(apart, 99.5, axis=(1, 2)), 1e-6)[:, None, None] / 2
    if not ink.any() or ink[:, border].mean() > _PLAIN:
        return False
    times = -(-_FINE // max(grey.shape[1:]))
    ink = ink.repeat(times, axis=1).repeat(times, axis=2)  # so that the rim has parts of pixels
    reach = max(1, round(_REACH * max(ink.shape[1:])))
    return bool(_without_rim(ink, reach).sum() <= most * ink.sum())


def _without_rim(ink: np.ndarray, reach: int) -> np.ndarray:
    """Take away ink (N, H, W) that has ground within `reach` pixels in a square around it."""
    for axis in (1, 2):
        padded = np.pad(ink, [(reach, reach) if i == axis else (0, 0) for i in range(3)])
        ink = np.asarray(sliding_window_view(padded, 2 * reach + 1, axis=axis).all(axis=-1))
    return ink


def photo_recipe(data: Dataset) -> Recipe:
    """Return the recipe of `recipe_for` for photographs, whatever the images are."""
    classes, middle = _class_sizes(data)
    # Of hundreds of classes with few images, this loss finds new classes better.
    few = classes > _HUNDREDS and middle <= _FEW
    color = data.train.images.shape[-1] > 1
    plenty = color and not few and len(data.train) >= _PLENTY
    batch_size = 64 if classes <= _FEW_CLASSES and not plenty else 128
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
        name="photographs",
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
