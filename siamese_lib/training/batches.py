"""The batches of images that Keras trains a tower or a siamese model on."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from functools import cached_property
from types import FunctionType
from typing import Any, Protocol, TypeAlias

import numpy as np

from siamese_lib.arrays import OnDisk
from siamese_lib.checks import checked_labels, class_numbers, whole_number
from siamese_lib.data.augmentation import KEEP_WHITE
from siamese_lib.network import many_devices
from siamese_lib.network.backend import keras
from siamese_lib.pairs.kinds import Sampler, check_pairs, checked_batch
from siamese_lib.pairs.samplers import BalancedBatchSampler
from siamese_lib.pixels import checked_pixels, white_of

_EXACT = 2**24  # larger whole numbers do not fit float32, to which Keras casts labels


class Images(Protocol):
    """Labelled images, such as one half of a `Dataset`."""

    @property
    def images(self) -> np.ndarray:
        """uint8 (N, H, W, C)."""
        ...

    @property
    def labels(self) -> np.ndarray:
        """Integers or strings (N,)."""
        ...


def check_labelled(data: object, name: str) -> None:
    """Check that `data` has images and labels, as `Images` says.

    Args:
        data: what was given.
        name: what the error message calls the argument.

    Raises:
        ValueError: it has none, such as a whole `Dataset`; or the images are a list.
    """
    if not (hasattr(data, "images") and hasattr(data, "labels")):
        whole = hasattr(data, "train") and hasattr(data, "test")
        todo = f"Pass {name}.train or {name}.test." if whole else "Make a Split of them."
        raise ValueError(
            f"{name} is a {type(data).__name__}; expected an object with images and labels. {todo}"
        )
    images = getattr(data, "images")  # noqa: B009  # of any object
    if isinstance(images, list | tuple):
        raise ValueError(
            f"{name}.images are a {type(images).__name__}; expected one array of shape "
            "(N, H, W, C). Pass numpy.stack(images)."
        )


Augmentation: TypeAlias = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class ImageBatches(keras.utils.PyDataset):
    """Feed ``model.fit`` with the images that a sampler asks for.

    With a `PairSampler`, a batch is ``((left images, right images), same)``, for `siamese` and
    `ContrastiveLoss`. With a `BalancedBatchSampler`, it is ``(images, labels)``, for the tower
    itself and `InBatchContrastiveLoss`. Each batch depends only on the sampler's seed and the
    number of the step. So pass ``shuffle=False`` to ``fit``: the sampler has shuffled already, and
    an interrupted training can continue exactly where it stopped. (Keras does not show `shuffle` to
    the batches, so this is not checked.)

    Keras splits each batch over all devices, after `distribute` or `keras.distribution` on JAX.
    The sampler's batch is the whole one, and its pairs all count. Where several processes train
    together, each loads its part of the images only.

    Integer labels stay as they are if float32, to which Keras casts labels, can hold them. Larger
    ones and strings become class numbers, in the order of the labels.

    Args:
        data: images uint8 (N, H, W, C) and labels (N,), such as ``digits.train``. The images of a
            folder may stay on disk (`load_folder`): each batch then reads its own. Other real
            numbers are taken, too, if they are finite; a `Recorder` checks whether their range is
            that of its tower.
        sampler: chooses the images of each batch.
        steps: batches in one Keras epoch; by default ``len(sampler)``.
        augment: changes each batch of images before the training step, such as `RandomShift`. It
            is called with images (B, H, W, C) and a `numpy.random.Generator` that depends only on
            the sampler's seed and the step. A training is resumed only with the same function or
            the same settings: attributes that do not begin with ``_``, as they are now. Of several
            processes, each draws other numbers for its part of the batch, so the images are not
            those that one process would train on.
        workers: threads that gather batches ahead of the training: read, if the images are on
            disk, and augment them. Up to ten batches wait. The default is 2 on TensorFlow:
            with 1, Keras leaves the work to `tf.data`, which can delay the end of a ``fit`` by
            five seconds. The default is 1 on JAX and PyTorch: with more, Keras 3.15 begins with
            batches left over from its first look at the data, out of order.

    Attributes:
        white: the largest pixel that the images are scaled to, 255 or 1; None if that is not known,
            as after an augmentation of your own.
        augment_settings: what `settings_of` found when the batches were made.
        first_step: the sampler's step at which the current epoch begins. Keras counts its first
            look at the data as an epoch; a `Recorder` corrects this when training begins.
        asked: how many batches were asked for so far, by Keras or by anybody else.

    Some batches are looked at when this is made. If they hardly ever hold a similar pair, or a
    different one, a warning says so. A later batch is checked when it is asked for.

    Raises:
        ValueError: the batches cannot be split evenly over the devices, or Keras' distribution is
            used on another backend than JAX;
            the sampler was made for another number of images; the labels are not one
            class for each image; `steps` is below 1; the images hold NaN or infinity, or are not
            numbers; a batch is empty, or an index is not one of the images; or no batch of images
            and labels holds both a similar and a different pair.

    Example:
        >>> digits = sl.load_dataset("mnist", verbose=False)
        >>> sampler = sl.PairSampler(digits.train.labels, batch_size=32)
        >>> (left, right), same = sl.ImageBatches(digits.train, sampler)[0]
        >>> left.shape, right.shape, same.shape
        ((32, 28, 28, 1), (32, 28, 28, 1), (32,))
    """

    def __init__(
        self,
        data: Images,
        sampler: Sampler,
        *,
        steps: int | None = None,
        augment: Augmentation | None = None,
        workers: int | None = None,
    ) -> None:
        if workers is None:
            workers = 2 if keras.backend.backend() == "tensorflow" else 1
        super().__init__(workers=workers)
        check_labelled(data, "data")
        size = getattr(sampler, "size", None)
        if size is not None and size != len(data.images):
            raise ValueError(
                f"The sampler chooses among {size} images; expected {len(data.images)}, as many as "
                "the data have. Make it from the labels of these same images."
            )
        images = data.images
        if isinstance(images, np.ndarray | OnDisk):
            checked_pixels(images, images.shape[1:], None)
        check_pairs(sampler, data.labels, len(images))
        own = augment is None or isinstance(augment, KEEP_WHITE)
        self.white = white_of(images) if own and isinstance(images, np.ndarray | OnDisk) else None
        self.data = data
        self.sampler = sampler
        self.steps = len(sampler) if steps is None else whole_number("steps", steps, 1)
        self.augment = augment
        self.augment_settings = settings_of(augment)
        self.first_step = 0
        self.asked = 0
        many_devices.rows_here(len(self._indices(0)[0]))
        if isinstance(sampler, BalancedBatchSampler):
            _ = self._labels  # fails now rather than in the middle of an epoch

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self.steps

    @cached_property
    def images_per_step(self) -> int:
        """The number of images that pass through the tower in one step: two for each pair."""
        batch = self.sampler.batch(0)
        return 2 * len(batch[0]) if isinstance(batch, tuple) else len(batch)

    def __getitem__(self, index: int) -> tuple[np.ndarray | tuple[np.ndarray, ...], np.ndarray]:
        """Gather the batch at one step of the current epoch: of several processes, our part."""
        self.asked += 1
        step = self.first_step + index
        batch = self._indices(step)
        rows = many_devices.rows_here(len(batch[0]))
        images, target = self._gathered(batch if rows is None else [each[rows] for each in batch])
        if self.augment is not None:
            part = [] if rows is None else [int(rows[0])]
            rng = np.random.default_rng([getattr(self.sampler, "seed", 0), step, *part])
            images = tuple(self.augment(each, rng) for each in images)
        return (images[0] if len(images) == 1 else images), target

    def plain(self, step: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Gather the whole batch of one step of the whole training, before it is augmented.

        Returns:
            Of pairs, left and right images and whether they are similar; else images and labels.

        Raises:
            ValueError: the sampler returned something else than indices of the images.
        """
        return self._gathered(self._indices(step))

    def _indices(self, step: int) -> Sequence[np.ndarray]:
        """Return what the sampler chose for a step: indices of images; or left, right and same."""
        batch = checked_batch(self.sampler.batch(step), len(self.data.images))
        return batch if isinstance(batch, tuple) else (batch,)

    def _gathered(self, batch: Sequence[np.ndarray]) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        images = tuple(self.data.images[indices] for indices in batch[:2])
        return images, self._labels[batch[0]] if len(batch) == 1 else batch[2]

    @cached_property
    def _labels(self) -> np.ndarray:
        """The labels as numbers that Keras can cast to float32, int64 (N,)."""
        given = checked_labels(self.data.labels, count=len(self.data.images))
        if given.dtype.kind == "i" and not ((given < -_EXACT) | (given > _EXACT)).any():
            return given
        return class_numbers(given).numbers

    def on_epoch_end(self) -> None:
        """Move on to the next epoch's batches."""
        self.first_step += self.steps


def settings_of(augment: Augmentation | None) -> dict[str, Any]:
    """Return what decides how an augmentation changes images, to be compared when resuming.

    Of an object these are its attributes that do not begin with ``_``. Of a function these are its
    source, its defaults and the variables around it. Of a method, or an object whose class was
    written outside this library, they are both.
    """
    settings: dict[str, Any] = {}
    owner = getattr(augment, "__self__", augment)
    for name, value in getattr(owner, "__dict__", {}).items():
        if not name.startswith("_"):
            settings[name] = value
    function = getattr(augment, "__func__", augment)
    if not isinstance(function, FunctionType):
        function = inspect.getattr_static(type(augment), "__call__", None)
    if isinstance(function, FunctionType) and not _is_ours(function):
        cells = function.__closure__ or ()
        settings["source"] = _source_of(function)
        settings["defaults"] = [function.__defaults__, function.__kwdefaults__]
        settings["variables"] = [cell.cell_contents for cell in cells]
    return settings


def _is_ours(function: FunctionType) -> bool:
    """Return whether a function is of this library, whose next version may write it otherwise."""
    return (function.__module__ or "").startswith("siamese_lib.")


def _source_of(function: FunctionType) -> str | None:
    """Return the code of a function without comments and layout; None if it is not known."""
    try:
        text = textwrap.dedent(inspect.getsource(function))
        return ast.unparse(ast.parse(text))
    except (OSError, SyntaxError, TypeError):  # typed at a prompt, or a lambda amid an expression
        return None
