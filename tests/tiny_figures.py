"""The figures that the chapters show, with small data and names as long as theirs."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

import siamese_lib as sl

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (32, 28, 28), dtype=np.uint8)
DIGITS = [str(digit) for digit in range(10)]
CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
           "Bag", "Ankle boot"]  # fmt: skip
CONTENDERS = ["ours, 2-D, short", "ours, 2-D, five minutes", "ours, 128-D, short",
              "ours, 128-D, five minutes", "the recipe of 2017", "Keras' siamese example",
              "pytorch-metric-learning, own network", "pytorch-metric-learning, our tower",
              "pytorch-metric-learning, our tower, Adam at 0.001", "yours"]  # fmt: skip
STEPS = np.arange(0, 200, 10)
RISING = np.linspace(0.1, 0.99, len(STEPS))


def _history(end: float) -> dict[str, list[float]]:
    loss = np.linspace(0.25, end, len(STEPS)).tolist()
    seen = {"step": STEPS.tolist(), "images": (128 * STEPS).tolist()}
    return {**seen, "loss": loss, "precision": RISING.tolist()}


def _clouds(count: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count) % 10
    angles = labels * 2 * np.pi / 10
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return centres + RNG.normal(scale=0.08, size=(count, 2)), labels


def examples() -> dict[str, go.Figure]:
    """Return a figure of each kind, by name."""
    points, labels = _clouds(200)
    arrows, kinds = _clouds(20)
    alone = np.append(arrows, [[0.0, 0.0]], axis=0), np.append(kinds, 10)
    same = np.arange(500) % 2
    distances = np.abs(RNG.normal(1.5 - same, 0.3))
    measures = ("precision@1", "precision@7", "R-precision", "MAP@R")
    methods = ("a tower that saw other classes", "an untrained tower", "raw pixels", "two of each")
    rates = np.linspace(0, 1, 50)
    found = IMAGES[0], IMAGES[1:8], [CLOTHES[k] for k in range(7)], np.linspace(0.01, 9, 7)
    figures = sl.figures
    return {
        "map": figures.embedding_map(points, labels, CLOTHES),
        "map of images": figures.embedding_map(
            points, labels, DIGITS, images=np.repeat(IMAGES, 7, axis=0)[:200], height=760
        ),
        "map with a lonely point": figures.embedding_map(*alone),
        "arrows": figures.force_arrows(arrows, kinds),
        "neighbours": figures.neighbours(*found, query_label=CLOTHES[0]),
        "grid": figures.image_grid(IMAGES[:24], np.arange(24), columns=8),
        "large grid": figures.image_grid(np.tile(IMAGES, (3, 1, 1))[:90], columns=10),
        "wide grid": figures.image_grid(IMAGES, columns=16),
        "grid of two lines": figures.image_grid(
            IMAGES[:16], [f"label {k}<br>vote {k + 1}" for k in range(16)]
        ),
        "grid of long names": figures.image_grid(
            IMAGES[:10], [f"{one} or {one[::-1]}?" for one in CLOTHES]
        ),
        "one image": figures.image_grid(IMAGES[:1], ["printed"]),
        "pairs": figures.pairs(IMAGES[:8], IMAGES[8:16], same[:8]),
        "features": figures.feature_maps(list(RNG.normal(size=(16, 6, 6)))),
        "shares": figures.class_shares({"in the set": RISING[:10], "drawn": RISING[:10]}, CLOTHES),
        "matrix": figures.pair_matrix(labels[:80], CLOTHES),
        "histogram": figures.distance_histogram(distances, same, margin=1.0),
        "loss": figures.loss_curve(),
        "training": figures.training_curves(
            {"random pairs": _history(0.01), "every pair in the batch": _history(0.05)}, x="images"
        ),
        "quality": figures.quality_curves(
            {name: (1.0 + STEPS, RISING**k) for k, name in enumerate(CONTENDERS, 1)}, height=620
        ),
        "classes": figures.class_curves(STEPS, np.tile(RISING[:, None], 10), CLOTHES),
        "growth": figures.growth_curves(
            {
                title: {
                    name: (10.0 ** np.arange(3, 8), 10.0 ** (np.arange(5) * k - 1))
                    for k, name in enumerate(methods)
                }
                for title in ("milliseconds for an answer", "MiB of memory")
            }
        ),
        "rates": figures.roc_curves(
            {name: (rates, rates ** (1 / k)) for k, name in enumerate(methods, 2)}
        ),
        "values": figures.singular_values(
            {"gradient (largest = 1)": RISING, "after Muon": RISING[::-1]}
        ),
        "measures": figures.measure_bars(
            {name: {one: [0.5, 0.7, 0.9] for one in measures} for name in methods}
        ),
    }
