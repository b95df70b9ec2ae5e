"""The tower of `siamese_lib.conv_tower`, written for PyTorch."""

from __future__ import annotations

from torch import nn


def torch_tower(dim: int = 2) -> nn.Sequential:
    """Build the five convolutions, for images (N, 1, H, W) of up to 32 by 32 pixels.

    Each ReLU follows its pooling, as in `siamese_lib.conv_tower`.
    """
    parts: list[nn.Module] = []
    width = 1
    for filters, size in ((32, 7), (64, 5), (128, 3), (256, 1), (dim, 1)):
        parts += [nn.Conv2d(width, filters, size, padding="same"), nn.MaxPool2d(2, ceil_mode=True)]
        parts += [nn.ReLU()]
        width = filters
    return nn.Sequential(*parts[:-1], nn.Flatten())
