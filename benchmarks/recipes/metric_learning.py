"""The MNIST recipe of pytorch-metric-learning, to be measured next to ours.

Its settings are the published ones (``examples/notebooks/TripletMarginLossMNIST.ipynb``): batches
of 256, shuffled in each epoch; the triplet margin loss and the miner of semihard triplets, both
with margin 0.2 on cosine similarity; Adam at 0.01; two convolutions and a linear layer to 128
numbers. Embeddings are normalised, as the library's own tester does before it looks for neighbours.

All images are in memory, already normalised. The notebook decodes them one by one; this is in its
favour. The recipe is measured a second time with the tower of our recipes, written for PyTorch with
PyTorch's own initial weights, and a third time with Adam at 0.001 as well, which is not published
but suits this tower better, as a short try showed.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from pytorch_metric_learning import distances, losses, miners, reducers
from torch import nn

import siamese_lib as sl
from benchmarks.recipes.contenders import Contender, Watch, Weights
from benchmarks.recipes.torch_tower import torch_tower

EMBEDDING_DIM = 128
BATCH = 256
RATE, LOWER_RATE = 0.01, 0.001
MARGIN = 0.2
MEAN, DEVIATION = 0.1307, 0.3081  # of the pixels, from 0 to 1


def own_network() -> nn.Module:
    """Build the notebook's network, for images of 28 by 28 pixels."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Flatten(),
        nn.Linear(9216, EMBEDDING_DIM),
    )


def our_tower() -> nn.Module:
    """Build the tower that `siamese_lib.conv_tower` builds, for images of up to 32 by 32."""
    return torch_tower(EMBEDDING_DIM)


class TripletTraining:
    """The recipe, with one network or the other.

    Args:
        data: images of one channel.
        seed: of weights, order and dropout.
        network: builds the network.
        rate: learning rate of Adam.
        epochs: after which it ends; with None, the watch ends it.
    """

    def __init__(
        self,
        data: sl.Dataset,
        seed: int,
        network: Callable[[], nn.Module],
        rate: float = RATE,
        epochs: int | None = None,
    ) -> None:
        self.images, self.labels = normalised(data.train.images), torch.tensor(data.train.labels)
        self.seed, self.build, self.rate, self.epochs = seed, network, rate, epochs
        torch.set_num_threads(len(os.sched_getaffinity(0)))

    def run(self, watch: Watch) -> None:
        torch.manual_seed(self.seed)
        # torch's types leave out that a network, too, takes a memory format.
        self.network = self.build().to(
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
            parts = [self.network(normalised(part)) for part in np.array_split(images, 100)]
        return nn.functional.normalize(torch.cat(parts)).numpy()

    def same(self, weights: Weights, left: np.ndarray, right: np.ndarray) -> None:
        return None


def normalised(images: np.ndarray) -> torch.Tensor:
    """Turn uint8 (N, H, W, 1) into the float32 (N, 1, H, W) that the recipe trains on."""
    pixels = torch.from_numpy(images.astype(np.float32)).permute(0, 3, 1, 2)
    return ((pixels / 255 - MEAN) / DEVIATION).contiguous(memory_format=torch.channels_last)


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
    network: Callable[[], nn.Module],
    *,
    rate: float = RATE,
    epochs: int | None = None,
    seed: int = 0,
) -> Contender:
    def prepare(data: sl.Dataset, seed: int, limit: float) -> TripletTraining:
        return TripletTraining(data, seed, network, rate, epochs)

    name = f"pytorch-metric-learning, {what}"
    return Contender(name, "pytorch-metric-learning", EMBEDDING_DIM, prepare, seed)
