"""Find images whose label does not fit what they look like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_lib.checks import whole_number
from siamese_lib.curation.findings import Findings
from siamese_lib.curation.votes import NEAREST, Voters


def suspect_labels(
    features: ArrayLike | Sequence[ArrayLike],
    labels: ArrayLike,
    *,
    k: int = NEAREST,
    metric: str = "euclidean",
    count: int = 100,
) -> Findings:
    """Rank images by how much better another class fits them than their own, worst fit first.

    The k nearest other images vote on the class of each image. Several kinds of features vote by
    themselves, as if they were independent: the shares of votes that they give a class are
    multiplied. An image that is odd in its colours, edges and shapes together is more suspect than
    one that is odd in its colours only. Eight further votes go to all classes in equal parts, so
    that no class is impossible.

    Some kinds say little about these classes, such as the grays of letters. So each kind counts as
    it proves itself: by how many images it votes into their own class, beyond those that a guess of
    the largest class would get. Its shares are raised to the power of that, over the best kind's.

    Embeddings of a tower that was trained on these images and labels hide wrong labels, as it has
    learned those too: leave them out, or train on other images. `siamese_lib.curation.looks`
    describes images in ways that saw no label.

    Args:
        features: real numbers (N, dim), finite; or a sequence of such arrays, for the same images
            in the same order. Of more than 80 numbers, the 64 largest principal components are
            compared.
        labels: integers or strings (N,), two classes or more.
        k: number of neighbours, at least 1. Of fewer other images, all vote.
        metric: "euclidean" or "cosine".
        count: largest number of images, at least 1.

    Returns:
        `Findings` with `suggested`, the best of the other classes, and `votes`. The scores are the
        probability of the suggested class if it is either that or the image's own: above 0.5 it
        fits better. They are too sure, as the kinds of features are not independent: use them for
        the order. `where_to_stop` says how far down the list a look is worth its time.

    Raises:
        ValueError: an argument is not as described.

    References:
        Halko, Martinsson and Tropp, "Finding Structure with Randomness", 2011: how the components
        are found.
        Wilson, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data", 1972: finding
        wrong labels by a vote of the neighbours.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels = np.repeat([0, 1], 50)
        >>> colours, shapes = (labels[:, None] + rng.normal(size=(100, 4)) / 4 for _ in range(2))
        >>> labels[7] = 1
        >>> found = sl.curation.suspect_labels([colours, shapes], labels, count=1)
        >>> found.indices, found.labels, found.suggested
        (array([7]), array([1]), array([0]))
    """
    whole_number("count", count, 1)
    return ranked(Voters.of(features, labels, k=k, metric=metric), count)


def ranked(voters: Voters, count: int) -> Findings:
    """Rank the images of some voters, as `suspect_labels` does."""
    scores, best = voters.scores(voters.numbers)
    order = np.argsort(-scores, kind="stable")[:count]
    own = voters.numbers[order]
    return Findings(
        kind="suspect label",
        indices=order,
        scores=scores[order],
        labels=voters.classes[own],
        suggested=voters.classes[best[order]],
        votes=voters.counts(order, best[order], own),
    )
