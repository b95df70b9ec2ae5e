"""The towers of `siamese_lib.conv_tower` and `siamese_lib.photo_tower`, written for PyTorch."""

from __future__ import annotations

import torch
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


def torch_photo_tower(shape: tuple[int, int, int], dim: int = 64) -> nn.Sequential:
    """Build the residual network, for images (N, C, H, W) of 32 or 64 pixels.

    Embeddings are not normalised yet.
    """
    height, width, channels = shape
    if (height, width) not in ((32, 32), (64, 64)):
        raise ValueError(f"The images are {height} by {width}; expected sides of 32 or 64 pixels.")
    parts = [_convolution(channels, 32, stride=2), nn.ReLU()]
    if height == 64:
        parts.append(nn.MaxPool2d(2))
    parts += [_Block(32, 32), _Block(32, 64), _Block(64, 128), _Block(128, 256)]
    return nn.Sequential(
        *parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, dim, bias=False)
    )


class _Block(nn.Module):
    """Two convolutions, to whose result the input is added; more filters halve the sides."""

    def __init__(self, width: int, filters: int) -> None:
        super().__init__()
        halve = filters > width
        self.inner = nn.Sequential(
            _convolution(width, filters, stride=2 if halve else 1),
            nn.ReLU(),
            _convolution(filters, filters),
        )
        wider = nn.Sequential(nn.AvgPool2d(2), _convolution(width, filters, size=1))
        self.beside = wider if halve else nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.inner(images) + self.beside(images))


def _convolution(width: int, filters: int, size: int = 3, stride: int = 1) -> nn.Sequential:
    """Build a convolution and its normalization. Strides begin where Keras' begin."""
    before, after = (0, 1) if stride == 2 else (size // 2, size // 2)
    return nn.Sequential(
        nn.ZeroPad2d((before, after, before, after)),
        nn.Conv2d(width, filters, size, stride, bias=False),
        nn.BatchNorm2d(filters, eps=1e-3),
    )
