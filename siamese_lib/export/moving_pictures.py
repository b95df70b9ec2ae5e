"""Draw a film with Pillow, picture by picture, and write it as a GIF, WebP or MP4."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, cast

import numpy as np
from PIL import Image, ImageDraw

from siamese_lib.colors import EXTRA
from siamese_lib.lettering import short_names, write
from siamese_lib.views.film import Film

SUFFIXES = (".gif", ".webp", ".mp4")
_FPS = {".webp": 20, ".mp4": 30}
_FIRST, _LAST = 0.7, 2.5  # seconds that the first and the last picture are shown
_FINE = 3  # a picture is drawn at this many times its size, then reduced
_MOST_NAMES = 20
_DARK = {"ground": "#14171C", "ink": "#FFFFFF", "quiet": "#AAB0BB"}
_LIGHT = {"ground": "#FFFFFF", "ink": "#24292F", "quiet": "#656D76"}


class Drawing:
    """Draws pictures of a film at any time, all at the same scale.

    A time is a number of frames, and may lie between two of them.

    Args:
        film: with labels.
        classes: int (N,), the class of each point.
        size: side of a picture, in pixels.
        dark: draw on a dark background, not on a light one.
    """

    def __init__(self, film: Film, classes: np.ndarray, size: int, dark: bool) -> None:
        self.film = film
        self.classes = classes
        self.size = size
        self.paint = _DARK if dark else _LIGHT
        self.names, self.colors = film.classes.names, film.classes.colors
        if len(self.names) <= _MOST_NAMES:
            side = size * _FINE
            self.names = short_names(self.names, side / 440 * 22, side / 2)
        frames = film.frames.astype(np.float64)
        low, high = frames.min(axis=(0, 1)), frames.max(axis=(0, 1))
        scale = 0.95 * size * _FINE / max(float((high - low).max()), 1e-12)
        self.places = (frames - (low + high) / 2) * [scale, -scale] + size * _FINE / 2
        fewer = np.sqrt(2_000 / max(len(classes), 500))  # many points are drawn smaller
        self.radius = 2.2 * _FINE * size / 440 * min(fewer, 1.0)

    @property
    def last(self) -> int:
        """Number of the last frame."""
        return len(self.places) - 1

    def at(self, time: float) -> np.ndarray:
        """Return the points at a time, float (N, 2), on Catmull-Rom curves through the frames."""
        start = min(int(time), self.last)
        t = time - start
        before, here, there, after = (
            self.places[min(max(start + offset, 0), self.last)] for offset in (-1, 0, 1, 2)
        )
        return (
            here * (2 - 5 * t**2 + 3 * t**3)
            + there * (t + 4 * t**2 - 3 * t**3)
            - before * (t - 2 * t**2 + t**3)
            - after * (t**2 - t**3)
        ) / 2

    def picture(self, time: float) -> Image.Image:
        """Draw the film at a time from 0 to `last`: RGB, size by size pixels."""
        side = self.size * _FINE
        picture = Image.new("RGB", (side, side), self.paint["ground"])
        pen = ImageDraw.Draw(picture)
        at = self.at(time)
        inks = [self.colors[int(k)] for k in self.classes]
        for (x, y), ink in zip(at.tolist(), inks, strict=True):
            pen.ellipse((x - self.radius, y - self.radius, x + self.radius, y + self.radius), ink)
        for x, y in at[list(self.film.marked)].tolist():
            ring = 7 * _FINE
            pen.ellipse((x - ring, y - ring, x + ring, y + ring), None, EXTRA, 2 * _FINE)
        large, small = (side / 440 * points for points in (22, 16))
        halo = {"stroke_width": 2 * _FINE, "stroke_fill": self.paint["ground"]}
        for number in np.unique(self.classes) if len(self.names) <= _MOST_NAMES else ():
            x, y = np.median(at[self.classes == number], axis=0)
            name = self.names[int(number)]
            write(pen, (x, y), name, self.paint["ink"], large, "mm", within=(0, side), **halo)
        frame = round(time)
        steps = self.film.steps
        words = f"frame {frame}" if steps is None else f"step {steps[frame]:,}"
        write(pen, (12 * _FINE, 10 * _FINE), words, self.paint["quiet"], small)
        return picture.resize((self.size, self.size), Image.Resampling.BOX)


def ffmpeg() -> str:
    """Find the program that encodes MP4; ImportError if there is none."""
    if find_spec("imageio_ffmpeg") is not None:
        # An optional package, siamese-lib[video]: the import waits until it is found.
        import imageio_ffmpeg  # pyright: ignore[reportMissingImports]

        return imageio_ffmpeg.get_ffmpeg_exe()
    found = shutil.which("ffmpeg")
    if found is None:
        raise ImportError(
            "An MP4 needs ffmpeg, which was not found. Install it with `pip install "
            "imageio-ffmpeg`, or write a .gif or .webp."
        )
    return found


def moving_picture(drawing: Drawing, suffix: str, seconds: float, fps: int | None) -> bytes:
    """Draw a film as a moving picture.

    Args:
        drawing: draws the film.
        suffix: one of `SUFFIXES`, which chooses the format.
        seconds: time from the first frame to the last.
        fps: pictures per second; None for the default of the format.

    Returns:
        The content of the file.
    """
    fps = fps or _FPS.get(suffix)
    count = drawing.last if fps is None else max(round(seconds * fps), 1)
    times = np.linspace(0, drawing.last, count + 1 if drawing.last else 1)
    pictures = [drawing.picture(time) for time in times.tolist()]
    beat = seconds / max(len(pictures) - 1, 1)
    lengths = [_FIRST, *[beat] * (len(pictures) - 2), _LAST][-len(pictures) :]
    if suffix == ".mp4":
        return _mp4(pictures, lengths, fps or _FPS[suffix])
    if suffix == ".gif":
        palette = pictures[-1].quantize(64)  # with a palette for each, colours would flicker
        pictures = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, suffix[1:], save_all=True, append_images=pictures[1:], loop=0,
        duration=[round(1000 * length) for length in lengths],
        **({"optimize": True} if suffix == ".gif" else {"quality": 80, "method": 4}),
    )  # fmt: skip
    return buffer.getvalue()


def _mp4(pictures: Sequence[Image.Image], lengths: Sequence[float], fps: int) -> bytes:
    """Encode as H.264, which browsers and slides play.

    Args:
        pictures: of equal size.
        lengths: seconds that each picture is shown.
        fps: pictures per second in the file.

    Raises:
        ImportError: there is no ffmpeg.
        OSError: ffmpeg failed; the message has its output.
    """
    wide, high = pictures[0].size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        command = [
            ffmpeg(), "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
            "-s", f"{wide}x{high}", "-r", str(fps), "-i", "-",
            "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2",  # H.264 needs even sizes
            "-c:v", "libx264", "-crf", "23", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
            str(path),
        ]  # fmt: skip
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            pipe = cast(IO[bytes], process.stdin)
            with suppress(BrokenPipeError):  # ffmpeg has stopped; its output says why
                for picture, length in zip(pictures, lengths, strict=True):
                    for _ in range(max(round(length * fps), 1)):
                        pipe.write(picture.tobytes())
            _, said = process.communicate()
        if process.returncode:
            raise OSError(f"ffmpeg could not write the film: {said.decode(errors='replace')}")
        return path.read_bytes()
