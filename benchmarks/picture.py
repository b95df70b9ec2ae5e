"""Draw the README's picture: ``make picture``.

A 2-D training of 300 steps, its frames drawn with 2,000 test images, as a GIF. The loss knows
distances only, so the cloud as a whole drifts; each frame is drawn around its mean, all of them at
one scale.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import siamese_lib as sl
from benchmarks.recipes import Recipe, train
from benchmarks.report import RESULTS

SIZE, FINE = 440, 3  # pixels of the picture, and how much finer it is drawn
IMAGES = 2_000
DOT = 2.2
BACKGROUND = "#14171C"


def main() -> None:
    """Train, draw each frame, and write the GIF."""
    digits = sl.load_dataset("mnist")
    recorder = train(Recipe(embedding_dim=2, steps=300), digits)
    run, labels = recorder.run, digits.test.labels[:IMAGES]
    clouds = [run.embed(digits.test.images[:IMAGES], frame) for frame in range(len(run))]
    clouds = [cloud - cloud.mean(axis=0) for cloud in clouds]
    half = 1.05 * max(np.abs(cloud).max() for cloud in clouds)
    pictures = [
        draw(cloud / half, labels, f"step {step}")
        for cloud, step in zip(clouds, run.steps, strict=True)
    ]
    path = RESULTS / "converge.gif"
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], loop=0, optimize=True,
        duration=[700, *[120] * (len(pictures) - 2), 2500],
    )  # fmt: skip
    print(f"{path.name}: {len(pictures)} frames, {path.stat().st_size / 1e6:.2f} MB")
    print(sl.evaluate(run, digits))


def draw(points: np.ndarray, labels: np.ndarray, words: str) -> Image.Image:
    """Draw points (N, 2) in -1..1, coloured by class, and each class's name in its cloud."""
    picture = Image.new("RGB", (SIZE * FINE, SIZE * FINE), BACKGROUND)
    pen = ImageDraw.Draw(picture)
    at = (points * [1, -1] + 1) / 2 * SIZE * FINE
    for (x, y), label in zip(at, labels, strict=True):
        box = (x - DOT * FINE, y - DOT * FINE, x + DOT * FINE, y + DOT * FINE)
        pen.ellipse(box, fill=sl.figures.class_color(int(label)))
    large, small = (ImageFont.load_default(size * FINE) for size in (22, 16))
    for label in np.unique(labels):
        x, y = np.median(at[labels == label], axis=0)
        outline = {"stroke_width": 2 * FINE, "stroke_fill": BACKGROUND}
        pen.text((x, y), str(label), "white", large, anchor="mm", **outline)
    pen.text((12 * FINE, 10 * FINE), words, "#AAB0BB", small)
    return picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS).quantize(48)


if __name__ == "__main__":
    main()
