"""One file becomes one array, whatever its format and depth, and by whatever way it comes in."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from pictures import content, packed12, png4, png16, tiff
from PIL import Image, ImageCms

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.data.fingerprints import fingerprints
from siamese_lib.data.queries import read_query
from siamese_lib.data.reading import NotAPictureError, PictureError, read_image

RNG = np.random.default_rng(0)
COLORS = Image.fromarray(RNG.integers(0, 256, (12, 12, 3), np.uint8)).resize((60, 40))
GREY = COLORS.convert("L")
LEVELS = np.arange(784).reshape(28, 28) * 5  # of 12 bits: up to 3,915
DEEP = LEVELS.astype(np.uint16)
ALPHA = COLORS.copy()
ALPHA.putalpha(Image.linear_gradient("L").resize((60, 40)))
LAB = ImageCms.profileToProfile(
    COLORS, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
)
EXIF = Image.Exif()
EXIF[0x0112] = 6
BROKEN = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack(
    "<HHHIIHHIIIii", 2, 0x0112, 3, 1, 6, 0x011A, 10, 1, 38, 0, -1, 0
)  # orientation 6, and a resolution of -1/0
assert LAB is not None
FILES = {
    "bits.png": content(COLORS.convert("1"), "PNG"),
    "grey.png": content(GREY, "PNG"),
    "grey-alpha.png": content(ALPHA.convert("LA"), "PNG"),
    "palette.png": content(COLORS.convert("P"), "PNG"),
    "palette.gif": content(COLORS.convert("P"), "GIF", transparency=3),
    "colors.png": content(COLORS, "PNG"),
    "keyed.png": content(COLORS, "PNG", transparency=COLORS.getpixel((0, 0))),
    "alpha.png": content(ALPHA, "PNG"),
    "alpha.webp": content(ALPHA, "WEBP"),
    "colors.jpg": content(COLORS.resize((600, 400)), "JPEG"),
    "cmyk.jpg": content(COLORS.convert("CMYK"), "JPEG"),
    "cmyk.tif": content(COLORS.convert("CMYK"), "TIFF"),
    "ycbcr.tif": content(COLORS.convert("YCbCr"), "TIFF"),
    "lab.tif": content(LAB, "TIFF"),
    "colors.bmp": content(COLORS, "BMP"),
    "colors.tga": content(COLORS, "TGA"),
    "colors.ppm": content(COLORS, "PPM"),
    "colors.avif": content(COLORS, "AVIF"),
    "icon.ico": content(COLORS, "ICO"),
    "moving.gif": content(GREY, "GIF", save_all=True, append_images=[COLORS.convert("P")]),
    "pages.tif": content(COLORS, "TIFF", save_all=True, append_images=[GREY]),
    "moving.webp": content(COLORS, "WEBP", save_all=True, append_images=[ALPHA]),
    "turned.jpg": content(COLORS, "JPEG", exif=EXIF, quality=95, subsampling=0),
    "turned.tif": content(COLORS, "TIFF", exif=EXIF),
    "turned.webp": content(COLORS, "WEBP", exif=EXIF),
    "camera.jpg": content(COLORS, "JPEG", exif=BROKEN, quality=95, subsampling=0),
    "web.png": content(COLORS, "PNG", exif=b"\x00\x08\x00\x02\x01\x12\x00\x03"),
    "little.tif": content(DEEP, "TIFF"),
    "big.tif": content(DEEP.astype(">u2"), "TIFF"),
    "lzw.tif": content(DEEP, "TIFF", compression="tiff_lzw"),
    "whole.tif": content(DEEP.astype(np.int32), "TIFF"),
    "float.tif": content((DEEP / 4095).astype(np.float32), "TIFF"),
    "twelve.tif": tiff(packed12(DEEP), (28, 28), 12),
    "deep.png": content(DEEP, "PNG"),
    "deep.pgm": content(DEEP, "PPM"),
    "deep.jp2": content(DEEP, "JPEG2000"),
    "deep-colors.png": png16(np.stack([DEEP, DEEP // 2, DEEP // 3], 2)),
    "deep-colors.tif": tiff(np.stack([DEEP] * 3, 2).tobytes(), (28, 28), 16, 3, 2),
}


@pytest.mark.filterwarnings("ignore:.*stand in more than one class")  # the same in other formats
@pytest.mark.parametrize("color", ["grayscale", "rgb"])
def test_every_file_finds_itself_everywhere(tmp_path, color, capsys, monkeypatch):
    """The folder's reader, an upload to the explorer, and the terminal give one array."""
    monkeypatch.chdir(tmp_path)
    for number, (name, data) in enumerate(FILES.items()):
        folder = tmp_path / "photos" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with pytest.warns(UserWarning, match="not scaled alike"):
        data = sl.load_folder("photos", color=color)
    assert data.skipped == ()
    tower = sl.conv_tower(data.train.images.shape[1:], 16, seed=0)
    run = sl.Run(tower, [0], [w[None] for w in tower.get_weights()], settings={"data": "photos/"})
    run.save("run")
    explorer = sl.RetrievalExplorer(run, data, k=1)
    searched = {image.tobytes() for image in data.train.images}
    found, files = set(), []
    for file in sorted(Path("photos").rglob("*.*")):
        pixels = read_image(file, data.train.images.shape[1:]).pixels
        explorer._do("upload", file.read_bytes(), file.name)
        assert explorer.state.query.pixels == pixels.tobytes(), file
        if pixels.tobytes() in searched:
            assert explorer.answer.distances[0] < 1e-5, file
            found.add(pixels.tobytes())
            files.append(str(file))
    assert found == searched
    with pytest.warns(UserWarning, match="not scaled alike"):
        assert main(["retrieve", "--run", "run", "--neighbours", "1", *files[:8]]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line[:4] == "   1"]
    assert [float(row[-1]) < 1e-3 for row in rows] == [True] * 8, rows


@pytest.mark.parametrize("name", [name for name in FILES if "deep" in name or ".tif" in name])
def test_deep_files_are_not_black(name):
    pixels = read_image(FILES[name], (28, 28, 1)).pixels.astype(int)
    if name.startswith(("deep", "little", "big", "lzw", "whole", "float", "twelve")):
        levels = [LEVELS * 255 // 4095] * 3
        if name == "deep-colors.png":
            levels = [LEVELS // share * 255 // 4095 for share in (1, 2, 3)]
        truth = Image.fromarray(np.stack(levels, 2).astype(np.uint8)).convert("L")
        assert np.abs(pixels[..., 0] - np.asarray(truth)).max() <= 1
    else:
        assert pixels.max() > 100


@pytest.mark.parametrize(
    ("name", "picture"),
    {
        "grey.png": GREY, "colors.png": COLORS, "colors.jpg": COLORS, "cmyk.jpg": COLORS,
        "cmyk.tif": COLORS, "ycbcr.tif": COLORS, "lab.tif": COLORS, "colors.bmp": COLORS,
        "colors.tga": COLORS, "colors.ppm": COLORS, "colors.avif": COLORS, "moving.gif": GREY,
        "pages.tif": COLORS, "palette.png": COLORS.convert("P"),
        "turned.jpg": COLORS.transpose(Image.Transpose.ROTATE_270),
        "turned.tif": COLORS.transpose(Image.Transpose.ROTATE_270),
        "camera.jpg": COLORS.transpose(Image.Transpose.ROTATE_270), "web.png": COLORS,
        "alpha.png": Image.alpha_composite(Image.new("RGBA", (60, 40), "white"), ALPHA),
    }.items(),
)  # fmt: skip
def test_a_file_is_read_as_a_viewer_shows_it(name, picture):
    pixels = read_image(FILES[name], (*picture.size[::-1], 3)).pixels.astype(int)
    assert np.abs(pixels - np.asarray(picture.convert("RGB"))).mean() < 9


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_white_goes_by_the_number_of_bits(kind, bits):
    white = 2**bits - 1
    deep = np.linspace(0, white * 0.9, 784).astype(np.uint16).reshape(28, 28)
    dark = (deep.astype(int) * 6 // 10).astype(np.uint16)  # of the same number of bits
    for pixels in (deep, dark):
        read = read_image(content(pixels, kind), (28, 28, 1))
        np.testing.assert_array_equal(read.pixels[..., 0], pixels.astype(int) * 255 // white)
        assert read.guessed_white == white


@pytest.mark.parametrize(
    "data",
    [
        tiff(packed12(DEEP // 8), (28, 28), 12),
        content(DEEP // 8, "TIFF", tiffinfo={281: 4095}),
        png16((DEEP // 8)[..., None], b"\x0c"),
        png16(np.stack([DEEP // 8] * 3, 2), b"\x0c\x0c\x0c"),
        b"P5\n28 28\n4095\n" + (DEEP // 8).astype(">u2").tobytes(),
    ],
    ids=["BitsPerSample", "MaxSampleValue", "sBIT", "sBIT of colours", "PGM"],
)
def test_what_the_file_says_comes_first(data):
    read = read_image(data, (28, 28, 1))
    if data.startswith(b"P5"):  # Pillow has scaled it
        assert np.abs(read.pixels[..., 0].astype(int) - LEVELS // 8 * 255 / 4095).max() <= 1
    else:
        np.testing.assert_array_equal(read.pixels[..., 0], LEVELS // 8 * 255 // 4095)
        assert read.guessed_white is None


def test_a_tiff_where_zero_is_white():
    data = tiff(DEEP.tobytes(), (28, 28), 16, photometric=0)
    np.testing.assert_array_equal(
        read_image(data, (28, 28, 1)).pixels[..., 0], 255 - LEVELS * 255 // 4095
    )


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (LEVELS.astype(np.int32) - 9, "from -9 to 3,906; expected 0 to 65,535"),
        (LEVELS.astype(np.int32) * 99, "to 387,585; expected 0 to 65,535"),
        (DEEP.astype(np.float32) * np.nan, "not finite"),
        (DEEP.astype(np.float32) / 1000, "no known range"),
        (np.zeros((5, 5), np.float32), "no known range"),
    ],
)
def test_numbers_without_a_known_range_are_refused(pixels, words):
    with pytest.raises(PictureError, match=words):
        read_image(content(pixels, "TIFF"), (28, 28, 1))


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("PNG", "TIFF"):
        data = content(COLORS, kind, exif=exif)
        turn = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
                6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}.get(orientation)  # fmt: skip
        truth = COLORS if turn is None else COLORS.transpose(Image.Transpose[turn])
        read = read_image(data, (truth.height, truth.width, 3))
        np.testing.assert_array_equal(read.pixels, np.asarray(truth))
        assert read.size == truth.size
        assert read.done == f"{truth.width} × {truth.height} pixels, used unchanged"


def test_other_channels_and_other_files(tmp_path):
    with pytest.raises(PictureError, match="1 or 3 channels; expected 4"):
        read_image(FILES["alpha.png"], (28, 28, 4))
    with pytest.raises(NotAPictureError, match="not a PNG or JPEG"):
        read_image(b"%PDF", (28, 28, 1))
    with pytest.raises(PictureError, match="No such file"):
        read_image(tmp_path / "gone.png", (28, 28, 1))
    (tmp_path / "cut.png").write_bytes(FILES["colors.png"][:200])
    with pytest.raises(PictureError) as caught:
        read_image(tmp_path / "cut.png", (28, 28, 1))
    assert str(tmp_path) not in str(caught.value)


def test_a_digit_that_is_searched_is_not_prepared_twice():
    digits = sl.load_dataset("mnist", verbose=False).train.images[:500]
    large = Image.fromarray(digits[3, ..., 0]).resize((280, 280), Image.Resampling.NEAREST)
    data = content(large, "PNG")
    plain, done = read_query(data, (28, 28, 1), prepare=False)
    assert done == "280 × 280 pixels, scaled to fit and centred"
    assert "cropped" in read_query(data, (28, 28, 1), prepare=True, known=fingerprints(digits))[1]
    among = np.concatenate([digits, plain[None]])
    image, done = read_query(data, (28, 28, 1), prepare=True, known=fingerprints(among))
    np.testing.assert_array_equal(image, plain)
    assert "cropped" not in done


GREYS16 = np.linspace(0, 65535, 20).astype(np.uint16)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("divisor", [1, 65])  # of all 16 bits, and of 10
@pytest.mark.parametrize("place", [0, 7, 19])
def test_the_transparent_colour_of_16_bits_is_white_and_no_other(
    channels: int, divisor: int, place: int
) -> None:
    greys = GREYS16 // divisor
    pixels = np.tile(greys[None, :, None], (20, 1, channels))
    key = (int(greys[place]),) * channels
    shape = 20, 20, channels
    read, plain = (read_image(png16(pixels, clear=each), shape).pixels for each in (key, ()))
    expected = plain.copy()
    expected[:, place] = 255
    if place < 19:  # else the white is that of the brightest of the others
        np.testing.assert_array_equal(read, expected)
    assert (read[:, place] == 255).all()
    assert (read[:, :place] < 255).all()


def test_colours_that_agree_in_their_high_bytes_are_not_transparent() -> None:
    pixels = np.full((4, 4, 3), 60_000, np.uint16)
    pixels[:, 0], pixels[:, 1] = 256, 257
    read = read_image(png16(pixels, clear=(256, 256, 256)), (4, 4, 3)).pixels
    assert (read[:, 0] == 255).all()
    assert (read[:, 1] == 1).all()


def test_a_transparent_colour_does_not_decide_what_is_white() -> None:
    pixels = np.tile(LEVELS.astype(np.uint16)[:, :, None], (1, 1, 3))
    pixels[0, 0] = 65535
    for deep in (pixels, pixels[:, :, :1]):
        channels = deep.shape[2]
        read = read_image(png16(deep, clear=(65535,) * channels), (28, 28, channels))
        assert read.guessed_white == 4095
        assert (read.pixels[0, 0] == 255).all()


@pytest.mark.parametrize("key", [0, 5, 15])
def test_the_transparent_grey_of_4_bits(key: int) -> None:
    greys = np.tile(np.arange(16, dtype=np.uint8), (16, 1))
    expected = np.where(greys == key, 255, greys * 17)
    read = read_image(png4(greys, key), (16, 16, 1)).pixels[..., 0]
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.arange(-128, 128, dtype=np.int8), "from -128 to 127; expected 0 to 65,535"),
        (np.arange(256, dtype=np.uint32) << 24, "from 0 to 4,278,190,080; expected 0 to 65,535"),
        (np.arange(-128, 128, dtype=np.int32), "from -128 to 127; expected 0 to 65,535"),
    ],
)
def test_numbers_out_of_range_are_named_as_the_file_means_them(
    values: np.ndarray, words: str
) -> None:
    kind = 2 if values.dtype.kind == "i" else 1
    file = tiff(values.tobytes(), (16, 16), values.itemsize * 8, sample_format=kind)
    with pytest.raises(PictureError, match=words):
        read_image(file, (16, 16, 1))


def test_bytes_with_a_sign_that_are_not_below_0_are_read() -> None:
    values = np.arange(128, dtype=np.int8)
    read = read_image(tiff(values.tobytes(), (16, 8), 8, sample_format=2), (8, 16, 1))
    np.testing.assert_array_equal(read.pixels.ravel(), values)
    assert read.guessed_white is None
