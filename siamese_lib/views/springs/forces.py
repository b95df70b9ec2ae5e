"""The contrastive loss of points of some classes, split into pull and push, and its forces.

`forces.js` computes the same for the page, and the tests compare the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MEANS = ("two", "one")
_EQUAL = 1e-12  # squared distance, as in `siamese_lib.network.distances`


@dataclass(frozen=True, eq=False)
class Forces:
    """How the loss moves each point, in two parts.

    Attributes:
        pull: float64 (N, 2), the pull of similar points: the slope of their part of the loss, with
            its sign reversed.
        push: float64 (N, 2), the push of different points.
        pull_loss, push_loss: the two parts of the loss.
        similar: how many pairs are similar; each of them pulls.
        pushing: how many different pairs are nearer than the margin, so that they push.
        different: how many pairs are different.
    """

    pull: np.ndarray
    push: np.ndarray
    pull_loss: float
    push_loss: float
    similar: int
    pushing: int
    different: int

    @property
    def total(self) -> np.ndarray:
        """Pull and push together, float64 (N, 2)."""
        return self.pull + self.push

    @property
    def loss(self) -> float:
        """Both parts of the loss together."""
        return self.pull_loss + self.push_loss


def forces_of(
    points: np.ndarray,
    classes: np.ndarray,
    margin: float,
    *,
    push: bool = True,
    means: str = "two",
) -> Forces:
    """Measure the loss of all pairs of points, and the force on each point.

    Args:
        points: float (N, 2).
        classes: int (N,).
        margin: distance beyond which different points do not push each other.
        push: False leaves the second term out, as if all pairs were similar ones.
        means: "two" is `siamese_lib.InBatchContrastiveLoss`: a mean over the similar pairs and one
            over the different pairs that push. "one" is `siamese_lib.ContrastiveLoss`: the mean
            over all pairs.

    References:
        Hadsell, Chopra and LeCun (2006), equation 4 and section 2.2.
    """
    gaps = points[:, None] - points[None]  # from the column's point to the row's
    squares = (gaps**2).sum(axis=-1)
    distances = np.sqrt(np.maximum(squares, _EQUAL))
    once = np.triu(np.ones(squares.shape, bool), 1)
    alike = classes[:, None] == classes[None]
    near = distances < margin
    similar, different = int((once & alike).sum()), int((once & ~alike).sum())
    pushing = int((once & ~alike & near).sum()) if push else 0
    if means == "two":
        pull_weight, push_weight = (1 / (4 * max(count, 1)) for count in (similar, pushing))
    else:
        pull_weight = push_weight = 1 / (2 * max(similar + different, 1))
    stretched = np.where(alike & (squares > _EQUAL), 2 * pull_weight, 0.0)
    pressed = ~alike & near & push
    strength = np.where(pressed & (squares > _EQUAL), margin / distances - 1, 0.0)
    return Forces(
        pull=-(stretched[..., None] * gaps).sum(axis=1),
        push=2 * push_weight * (strength[..., None] * gaps).sum(axis=1),
        pull_loss=float(pull_weight * (distances[once & alike] ** 2).sum()),
        push_loss=float(push_weight * ((margin - distances[once & pressed]) ** 2).sum()),
        similar=similar,
        pushing=pushing,
        different=different,
    )


def radius_of(points: np.ndarray) -> float:
    """Return the root mean square of the points' distances from their middle."""
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))
