"""The recipe of pytorch-metric-learning, for MNIST and other images, to be measured next to ours.

Its settings are the published ones (``examples/notebooks/TripletMarginLossMNIST.ipynb``): batches
of 256, shuffled in each epoch; the triplet margin loss and the miner of semihard triplets, both
with margin 0.2 on cosine similarity; Adam at 0.01; two convolutions and a linear layer to 128
numbers. Embeddings are normalised, as the library's own tester does before it looks for neighbours.

All images are in memory, already normalised. The notebook decodes them one by one; this is in its
favour. The recipe is measured a second time with the tower of our recipes, written for PyTorch with
PyTorch's own initial weights, and a third time with Adam at 0.001 as well, which is not published
but suits this tower better, as a short try showed.

Images other than MNIST's are normalised by the mean and deviation of each channel of the training
images, and the notebook's network gets their channels and as large a linear layer as they need.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from pytorch_metric_learning import distances, losses, miners, reducers
from torch import nn

import siamese_lib as sl
from benchmarks.recipes.contenders import Contender, Watch, Weights
from benchmarks.recipes.torch_tower import torch_photo_tower, torch_tower

EMBEDDING_DIM = 128
BATCH = 256
RATE, LOWER_RATE = 0.01, 0.001
MARGIN = 0.2
MNIST = (np.array([0.1307]), np.array([0.3081]))  # mean and deviation of the pixels, from 0 to 1

Shape = tuple[int, int, int]  # height, width, channels
Network = Callable[[Shape], nn.Module]


def own_network(shape: Shape = (28, 28, 1)) -> nn.Module:
    """Build the notebook's network. Two convolutions take 4 pixels, and the pooling takes half."""
    height, width, channels = shape
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Flatten(),
        nn.Linear(64 * ((height - 4) // 2) * ((width - 4) // 2), EMBEDDING_DIM),
    )


def our_tower(shape: Shape = (28, 28, 1)) -> nn.Module:
    """Build our tower: `siamese_lib.conv_tower` for grey images, `photo_tower` for others."""
    if shape[-1] == 1:
        return torch_tower(EMBEDDING_DIM)
    return torch_photo_tower(shape, EMBEDDING_DIM)


# What takes part next to our recipes for other images than MNIST's: a network and a learning rate.
WAYS: dict[str, tuple[Network, float]] = {
    "pytorch-metric-learning": (own_network, RATE),
    f"pytorch-metric-learning, our tower, Adam at {LOWER_RATE}": (our_tower, LOWER_RATE),
}


def embedder(
    train: sl.Split, seed: int, seconds: float, network: Network = own_network, rate: float = RATE
) -> Callable[[np.ndarray], np.ndarray]:
    """Train for so many seconds of the processor, at least one step, on all training images.

    Args:
        train: uint8 images (N, H, W, C) and their labels.
        seed: of weights, order and dropout.
        seconds: of the processor, in training; the last step begins before they are over.
        network: builds the network.
        rate: learning rate of Adam.

    Returns:
        A function from uint8 images (M, H, W, C) to embeddings of length 1, float32 (M, 128).
    """
    training = TripletTraining(train, seed, network, rate, pixels=pixels_of(train.images))
    watch = Watch(seconds, clock=time.process_time)
    watch.follow(training)
    print(
        f"{network.__name__}, {rate}: {watch.step} steps in {watch.seconds:.1f} CPU s", flush=True
    )
    return partial(training.embed, watch.copies[-1].weights)


def pixels_of(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of each channel (C,) of uint8 (N, H, W, C), from 0 to 1."""
    return images.mean(axis=(0, 1, 2)) / 255, images.std(axis=(0, 1, 2)) / 255


class TripletTraining:
    """The recipe, with one network or the other.

    Args:
        train: uint8 images (N, H, W, C) and their labels.
        seed: of weights, order and dropout.
        network: builds the network.
        rate: learning rate of Adam.
        epochs: after which it ends; with None, the watch ends it.
        pixels: mean and deviation of each channel, from 0 to 1.
    """

    def __init__(
        self,
        train: sl.Split,
        seed: int,
        network: Network,
        rate: float = RATE,
        epochs: int | None = None,
        pixels: tuple[np.ndarray, np.ndarray] = MNIST,
    ) -> None:
        height, width, channels = train.images.shape[1:]
        self.shape, self.pixels = (height, width, channels), pixels
        self.images, self.labels = normalised(train.images, *pixels), torch.tensor(train.labels)
        self.seed, self.build, self.rate, self.epochs = seed, network, rate, epochs
        torch.set_num_threads(len(os.sched_getaffinity(0)))

    def run(self, watch: Watch) -> None:
        torch.manual_seed(self.seed)
        # torch's types leave out that a network, too, takes a memory format.
        self.network = self.build(self.shape).to(
            memory_format=torch.channels_last  # pyright: ignore[reportCallIssue]
        )
        optimizer = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        cosine = distances.CosineSimilarity()
        loss_of = losses.TripletMarginLoss(
            margin=MARGIN, distance=cosine, reducer=reducers.ThresholdReducer(low=0)
        )
        mine = miners.TripletMarginMiner(
            margin=MARGIN, distance=cosine, type_of_triplets="semihard"
        )
        epoch = 0
        while self.epochs is None or epoch < self.epochs:
            epoch += 1
            for chosen in torch.randperm(len(self.images)).split(BATCH):
                labels = self.labels[chosen]
                optimizer.zero_grad()
                embeddings = self.network(self.images[chosen])
                loss_of(embeddings, labels, mine(embeddings, labels)).backward()
                optimizer.step()
                if not watch.stepped(len(chosen), self.weights):
                    return

    def weights(self) -> Weights:
        """Copy the weights as they are now."""
        return [value.numpy(force=True).copy() for value in self.network.state_dict().values()]

    def embed(self, weights: Weights, images: np.ndarray) -> np.ndarray:
        for held, value in zip(self.network.state_dict().values(), weights, strict=True):
            held.copy_(torch.from_numpy(value))
        self.network.eval()
        with torch.no_grad():
            parts = [
                self.network(normalised(images[i : i + BATCH], *self.pixels))
                for i in range(0, len(images), BATCH)
            ]
        return nn.functional.normalize(torch.cat(parts)).numpy()

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> None:
        return None


def normalised(images: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> torch.Tensor:
    """Turn uint8 (N, H, W, C) into the float32 (N, C, H, W) that the recipe trains on.

    Args:
        images: uint8 (N, H, W, C).
        mean: of each channel, from 0 to 1, (C,).
        deviation: the same.
    """
    pixels = (images / np.float32(255) - mean.astype(np.float32)) / deviation.astype(np.float32)
    turned = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    return turned.contiguous(memory_format=torch.channels_last)


def contenders() -> list[Contender]:
    """Make the contenders: the recipe with its own network, and with our tower."""
    return [
        _contender("own network", own_network),
        _contender("our tower", our_tower),
        _contender(f"our tower, Adam at {LOWER_RATE}", our_tower, rate=LOWER_RATE),
    ]


def one_epoch(seed: int) -> Contender:
    """Make the contender with its own network, one epoch long as published, from another seed."""
    return _contender(f"own network, one epoch, seed {seed}", own_network, epochs=1, seed=seed)


def _contender(
    what: str,
    network: Network,
    *,
    rate: float = RATE,
    epochs: int | None = None,
    seed: int = 0,
) -> Contender:
    def prepare(data: sl.Dataset, seed: int, limit: float) -> TripletTraining:
        return TripletTraining(data.train, seed, network, rate, epochs)

    name = f"pytorch-metric-learning, {what}"
    return Contender(name, "pytorch-metric-learning", EMBEDDING_DIM, prepare, seed)
