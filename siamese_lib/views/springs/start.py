"""The points that the springs begin with, and the short marks that stand in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from siamese_lib.colors import PALETTE, contrast

# Three classes, mixed up as an untrained tower mixes them: all have their middle in the same place.
POINTS = np.array(
    [
        [0.08, 0.16], [0.70, 0.33], [0.18, -0.32], [-0.54, -0.37], [-0.41, 0.29], [-0.36, -0.14],
        [-0.16, 0.28], [-0.34, 0.05], [0.39, -0.08], [0.62, -0.07], [0.05, -0.67], [-0.21, 0.54],
    ]
)  # fmt: skip
LABELS = np.arange(12) % 3
NAMES = ("A", "B", "C")
COLORS = PALETTE[4], PALETTE[6], PALETTE[8]  # neither green nor orange, as the forces are


def marks_of(names: Sequence[str]) -> list[str]:
    """Return one or two letters for each class: its name, its first letter, or its number."""
    initials = [name[:1] for name in names]
    if all(len(name) <= 2 for name in names):
        return list(names)
    return initials if len(set(initials)) == len(names) else [str(n) for n in range(len(names))]


def inks_of(colors: Sequence[str]) -> list[str]:
    """Return white or black for each colour, whichever can be read better on it."""
    return [max(("#FFFFFF", "#000000"), key=lambda ink: contrast(ink, color)) for color in colors]
