"""Colours of many classes differ, and are seen on light and on dark pages."""

import numpy as np
import pytest

from siamese_lib.colors import (
    _TO_CONES,
    _TO_OKLAB,
    CONTRAST,
    DIFFERENT,
    EXTRA,
    GROUNDS,
    PALETTE,
    SAME,
    class_colors,
    contrast,
    rgb,
)


def slow_contrast(one, other):
    """Compute WCAG's contrast channel by channel, as its text says."""

    def luminance(color):
        parts = []
        for value in rgb(color):
            share = value / 255
            parts.append(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = max(luminance(one), luminance(other)), min(luminance(one), luminance(other))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    for color in (*PALETTE, "#102030"):
        for ground in GROUNDS:
            assert contrast(color, ground) == pytest.approx(slow_contrast(color, ground))


# What readers without red cones, and without green ones, see of linear red, green and blue.
# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, severity 1.
SEEN_WITHOUT = {
    "neither": np.eye(3),
    "red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def oklab(color, matrix):
    parts = np.array(rgb(color)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(matrix) @ linear, 0, 1)
    return _TO_OKLAB @ np.cbrt(_TO_CONES @ seen)


@pytest.mark.parametrize("missing", SEEN_WITHOUT)
def test_ten_classes_are_told_apart_by_all_readers(missing):
    seen = [oklab(color, SEEN_WITHOUT[missing]) for color in (*PALETTE, EXTRA)]
    apart = [np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(apart) > (0.1 if missing == "neither" else 0.07)


def test_ten_classes_are_seen_on_every_page():
    colors = [*PALETTE, EXTRA, SAME, DIFFERENT]
    assert min(contrast(color, ground) for color in colors for ground in GROUNDS) >= CONTRAST


@pytest.mark.parametrize("count", [11, 40, 60, 221])
def test_many_classes_are_seen_and_told_apart(count):
    colors = class_colors(count)
    assert len(set(colors)) == count
    assert min(contrast(color, ground) for color in colors for ground in GROUNDS) >= CONTRAST
    pixels = np.array([rgb(color) for color in colors], float)
    extra = np.abs(pixels - rgb(EXTRA)).sum(axis=1)  # the reader's own image is shown among them
    assert extra.min() > 30
    steps = np.abs(np.diff(pixels, axis=0)).sum(axis=1)  # from a class to the next
    assert steps.min() > 30


def test_a_class_keeps_its_colour_when_others_are_added():
    assert class_colors(60)[:40] == class_colors(40)


def test_thousands_of_classes_repeat_colours():
    colors = class_colors(2000)
    assert len(colors) == 2000
    assert len(set(colors)) > 300
