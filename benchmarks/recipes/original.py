"""The recipe of the 2017 repository, reimplemented for this comparison.

The same tower; 512 random pairs a step, drawn one at a time in a Python loop; two passes through
the tower; the contrastive loss with margin 0.5; Nesterov momentum 0.99 at a learning rate of 0.01;
XLA off. One compiled function takes the place of TensorFlow's sessions and placeholders.

``python -m benchmarks.recipes.original`` makes the full run of 2,000 steps (some 25 minutes on
two cores) and writes how its precision grew to ``benchmarks/results/original.json``.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator

import numpy as np

import siamese_lib as sl
from benchmarks.tools.results import save_result

MARGIN = 0.5
PAIRS = 512
STEPS = 2_000


def random_pairs(
    labels: np.ndarray, seed: int, pairs: int = PAIRS
) -> Iterator[tuple[list, list, np.ndarray]]:
    """Draw batches of pairs as the original does, one pair at a time; about half are similar."""
    generator = random.Random(seed)
    members = {c: np.flatnonzero(labels == c).tolist() for c in np.unique(labels)}
    classes = list(members)
    while True:
        left, right, same = [], [], []
        for _ in range(pairs):
            if generator.random() < 0.5:
                one, two = generator.sample(members[generator.choice(classes)], 2)
                same.append(1.0)
            else:
                first, second = generator.sample(classes, 2)
                one, two = generator.choice(members[first]), generator.choice(members[second])
                same.append(0.0)
            left.append(one)
            right.append(two)
        yield left, right, np.array(same, np.float32)


class OriginalTraining:
    """The original's tower, optimizer and step."""

    def __init__(self, data: sl.Dataset, seed: int = 0) -> None:
        import tensorflow as tf

        from siamese_lib.network.backend import Tensor, keras

        self.data = data
        self.pairs = random_pairs(data.train.labels, seed)
        self.tower = sl.conv_tower(data.train.images.shape[1:], 2, seed=seed)
        optimizer = keras.optimizers.SGD(0.01, momentum=0.99, nesterov=True)
        optimizer.build(self.tower.trainable_variables)

        @tf.function(jit_compile=False)
        def train(left: Tensor, right: Tensor, same: Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                gap = self.tower(left, training=True) - self.tower(right, training=True)
                square = tf.maximum(tf.reduce_sum(gap**2, axis=1), 1e-12)
                push = tf.maximum(MARGIN - tf.sqrt(square), 0.0) ** 2
                loss = tf.reduce_mean(same * square + (1 - same) * push) / 2
            weights = self.tower.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
            return loss

        self._train = train

    def step(self) -> float:
        """Draw a batch, train on it, and return its loss."""
        left, right, same = next(self.pairs)
        images = self.data.train.images
        return float(self._train(images[left], images[right], same))

    def evaluate(self) -> sl.Evaluation:
        """Measure the tower as it is now, as all recipes are measured."""
        frames = [weight[None] for weight in self.tower.get_weights()]
        return sl.evaluate(sl.Run(self.tower, [0], frames), self.data)


def main() -> None:
    """Train to the end, evaluating every 50 steps, and record it."""
    parser = argparse.ArgumentParser(description="The recipe of 2017, in full.")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--every", type=int, default=50)
    options = parser.parse_args()
    training = OriginalTraining(sl.load_dataset("mnist"))
    rows = []
    for step in range(1, options.steps + 1):
        loss = training.step()
        if step % options.every == 0:
            now = training.evaluate()
            rows.append(
                {
                    "step": step,
                    "loss": loss,
                    "precision": now.precision,
                    "accuracy": now.accuracy,
                }
            )
            print(f"step {step:5}  loss {loss:.5f}  {now}", flush=True)
            save_result("original", {"recipe": __doc__, "steps": step, "rows": rows})


if __name__ == "__main__":
    main()
