"""Pictures that are not plain 8-bit files, and what becomes of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import Fault, check
from pictures import png4, png16, tiff
from PIL import Image

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.data.reading import read_image

DEEP = (np.arange(784).reshape(28, 28) * 5).astype(np.uint16)
TWO_COLORS = np.repeat(DEEP[..., None] % 2 + np.uint16(60000), 3, axis=-1)
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
SHAPE = (28, 28, 1)
BROKEN_EXIF = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack(
    "<HHHIIHHIIIii", 2, 0x0112, 3, 1, 6, 0x011A, 10, 1, 38, 0, -1, 0
)


def saved(name: str, picture: Image.Image | np.ndarray, **options: Any) -> Callable[[Path], None]:
    """Return what puts a picture into a folder, next to those of two classes."""

    def prepare(folder: Path) -> None:
        for first, kind in enumerate(("cat", "dog")):
            (folder / "photos" / kind).mkdir(parents=True, exist_ok=True)
            for number in range(4):
                plain = np.random.default_rng([first, number]).integers(0, 256, (28, 28), np.uint8)
                Image.fromarray(plain).save(folder / "photos" / kind / f"{number}.png")
        one = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        one.save(folder / "photos" / "cat" / name, **options)

    return prepare


def written(name: str, content: bytes) -> Callable[[Path], None]:
    """Return what puts the bytes of a picture next to those of two classes."""

    def prepare(folder: Path) -> None:
        saved("other.png", DEEP.astype(np.uint8))(folder)
        (folder / "photos/cat/other.png").unlink()
        (folder / "photos/cat" / name).write_bytes(content)

    return prepare


def brightest(name: str) -> Callable[[Path], str]:
    """Return what reads a picture, and says how bright it is."""

    def act(folder: Path) -> str:
        read = read_image(folder / "photos" / "cat" / name, SHAPE)
        return f"brightest {read.pixels.max()}, {len(np.unique(read.pixels))} levels, {read.done}"

    return act


def loaded(folder: Path) -> str:
    data = sl.load_folder(folder / "photos")
    return f"{len(data.train) + len(data.test)} images, {len(data.skipped)} left out"


def explorer(data: sl.Dataset, **options: Any) -> sl.RetrievalExplorer:
    tower = sl.conv_tower(data.train.images.shape[1:], seed=0)
    run = sl.Run(tower, [0], [w[None] for w in tower.get_weights()])
    return sl.RetrievalExplorer(run, data, k=1, **options)


def uploaded(folder: Path) -> str:
    """Upload every training file; say how many find themselves."""
    data = sl.load_folder(folder / "photos", color="rgb")
    own, found = explorer(data), 0
    for file in sorted((folder / "photos").rglob("*.*")):
        own._do("upload", file.read_bytes(), file.name)
        found += own.answer.distances[0] < 1e-6
    return f"{len(data.train) - found} missing; {own.message}"


def upload_of(content: bytes, **options: Any) -> Callable[[Path], str]:
    def act(folder: Path) -> str:
        own = explorer(sl.load_folder(folder / "photos"), **options)
        own._do("upload", content, "mine.dat")
        return own.message

    return act


def digit(folder: Path) -> str:
    """Upload a page with a stroke to a run of MNIST's digits."""
    data = sl.load_dataset("mnist", verbose=False)
    few = sl.Split(data.train.images[:50], data.train.labels[:50])
    page = Image.new("L", (300, 200), 240)
    page.paste(20, (200, 60, 215, 150))
    page.save(folder / "page.png")
    own = explorer(sl.Dataset(few, few, data.class_names, "mnist", "mnist"))
    own._do("upload", (folder / "page.png").read_bytes(), "page.png")
    return own.message


def asked_in_the_terminal(folder: Path) -> str:
    sl.load_folder(folder / "photos")
    tower = sl.conv_tower(SHAPE, seed=0)
    settings = {"data": f"{folder}/photos"}
    sl.Run(tower, [0], [w[None] for w in tower.get_weights()], settings=settings).save(folder / "r")
    return str(main(["retrieve", "--run", str(folder / "r"), str(folder / "photos/cat/x.tif")]))


FAULTS: dict[str, Fault] = {
    "12 bits": Fault(
        "a picture of a 12-bit camera in a file of 16 bits",
        "white is 4,095: all its levels are kept",
        "brightest 243, 244 levels, .*4,095 taken as white",
        brightest("x.png"), saved("x.png", DEEP),
    ),
    "10 bits": Fault(
        "a picture of a 10-bit camera in a TIFF of 16 bits",
        "white is 1,023",
        "brightest 243, .*1,023 taken as white",
        brightest("x.tif"), saved("x.tif", (DEEP // 4).astype(np.uint16)),
    ),
    "16 bits": Fault(
        "a picture that uses all 16 bits",
        "white is 65,535",
        "brightest 243, .*65,535 taken as white",
        brightest("x.png"), saved("x.png", (DEEP * 16).astype(np.uint16)),
    ),
    "big-endian": Fault(
        "a TIFF whose high bytes come first",
        "it is read as others are",
        "brightest 243",
        brightest("x.tif"), saved("x.tif", DEEP.astype(">u2")),
    ),
    "mixed depths": Fault(
        "pictures of 10 and of 12 bits in one folder",
        "both are read, and a warning says that they were scaled by different numbers",
        r"9 images, 0 left out\n.*white is 1,023 in 1 and 4,095 in 1 of them",
        loaded,
        lambda at: (
            saved("x.png", (DEEP // 4).astype(np.uint16))(at),
            Image.fromarray(DEEP).save(at / "photos/cat/0.png"),
        ),
    ),
    "floats": Fault(
        "floating-point pixels from 0 to 1",
        "1 is white",
        "brightest 255",
        brightest("x.tif"), saved("x.tif", (DEEP / 3915).astype(np.float32)),
    ),
    "floats of no range": Fault(
        "floating-point pixels from 0 to 3.9",
        "the file is left out by name, with its range and what is expected",
        "8 images, 1 left out\n.*x.tif: floating-point pixels from 0 to 3.915 have no known range",
        loaded, saved("x.tif", (DEEP / 1000).astype(np.float32)),
    ),
    "below 0": Fault(
        "pixels below 0, as of a medical scan",
        "the file is left out by name, with its range and what is expected",
        "8 images, 1 left out\n.*from -1,000 to 2,915; expected 0 to 65,535",
        loaded, saved("x.tif", DEEP.astype(np.int32) - 1000),
    ),
    "transparent grey": Fault(
        "a dark picture of 16 bits, of which one grey is transparent",
        "that grey becomes white, and does not decide what is white",
        "brightest 255, 245 levels, .*4,095 taken as white",
        brightest("x.png"),
        written("x.png", png16(np.where(DEEP, DEEP, 65535)[..., None], clear=(65535,))),
    ),
    "transparent colour": Fault(
        "a picture of 16-bit colours, of which one is transparent and others share its high bytes",
        "that colour alone becomes white",
        "brightest 255, 2 levels",
        brightest("x.png"),
        written("x.png", png16(TWO_COLORS, clear=(60001,) * 3)),
    ),
    "transparent grey of 4 bits": Fault(
        "a picture of 4 bits, of which one grey is transparent",
        "that grey becomes white",
        "brightest 255, 2 levels",
        brightest("x.png"), written("x.png", png4(DEEP.astype(np.uint8) % 2 + 3, 3)),
    ),
    "bytes with a sign": Fault(
        "a TIFF of 8 bits with pixels below 0, which Pillow reads as bright ones",
        "the file is left out by name, with its range and what is expected",
        r"8 images, 1 left out\n.*x.tif: its pixels are from -128 to 127; expected 0 to 65,535",
        loaded, written("x.tif", tiff(bytes(range(256)), (16, 16), 8, sample_format=2)),
    ),
    "32 bits without a sign": Fault(
        "a TIFF of 32 bits, whose pixels Pillow reads as below 0",
        "the file is left out by name, with the range that it holds",
        r"8 images, 1 left out\n.*from 0 to 4,294,967,295; expected 0 to 65,535",
        loaded, written("x.tif", tiff(bytes(4) + b"\xff" * 4, (2, 1), 32)),
    ),
    "broken EXIF": Fault(
        "a photograph whose EXIF block has a resolution of -1/0",
        "it is loaded, and turned as its orientation says",
        "40 × 60 pixels",
        brightest("x.jpg"), saved("x.jpg", PHOTO, exif=BROKEN_EXIF),
    ),
    "no EXIF": Fault(
        "a PNG whose EXIF block is no EXIF",
        "it is loaded as it is",
        "60 × 40 pixels",
        brightest("x.png"), saved("x.png", PHOTO, exif=b"\x00\x08\x00\x02\x01\x12\x00\x03"),
    ),
    "CMYK": Fault(
        "a photograph in print colours",
        "it finds itself when it is uploaded",
        "^0 missing; 3.png: 28 × 28 pixels, used unchanged",
        uploaded, saved("x.jpg", PHOTO.convert("CMYK")),
    ),
    "uploads": Fault(
        "a training file of 60 by 40 pixels, uploaded to the explorer of its run",
        "it is read as the folder was, and finds itself at distance 0",
        "^0 missing",
        uploaded, saved("4.png", PHOTO),
    ),
    "a digit": Fault(
        "a photograph of a digit, uploaded to a run of MNIST's digits",
        "it is cropped, inverted and centred, and the status line says so",
        "page.png: 300 × 200 pixels, dark on light, inverted; cropped",
        digit,
    ),
    "no picture": Fault(
        "a PDF, uploaded",
        "the status line says what it is not and what to do",
        "mine.dat: This is not a PNG or JPEG, .* Save it as one of these",
        upload_of(b"%PDF"), saved("x.png", PHOTO),
    ),
    "in the terminal": Fault(
        "a 12-bit training file, given to `siamese retrieve`",
        "it is read as the folder was",
        "^0$",
        asked_in_the_terminal, saved("x.tif", DEEP),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_pictures(name: str, tmp_path: Path) -> None:
    check(FAULTS[name], tmp_path)
