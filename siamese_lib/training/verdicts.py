"""What is wrong with a training, from measured numbers: a name, a sentence, and what to do.

`siamese_lib/lab/lab_verdict.js` judges the laboratory. Where it has the same verdict, it has the
same name, the same first words and the same limits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from siamese_lib.pairs.kinds import rare_kind

# Distances are judged in margins, as the margin is the only length that the loss knows.
_NEAR_ZERO = 0.05
_NEAR_TRIVIAL = 0.1  # batches differ by some percent, so the loss does not stay exactly there
_NO_ORDER = 1.25  # different pairs are hardly farther apart than similar ones
_ALMOST_ALL = 0.95
_LEARNED, _MIXED = 3, 0.1
_CHANCE = 0.55  # an untrained tower has 0.57 for digits
# Right labels gave training images an order up to 0.03 lower; 20 % wrong ones made it 0.08 to 0.11.
_GAP = 0.08
_JUMP, _SMOOTHED = 4, 5  # times the loss of one point, for 5 rows; small batches reach 1.3
_SHRUNK = 0.5  # of the untrained tower's distances, which may be far below the margin
_TURNED = 0.5  # of all different pairs; neighbours, too, may be of other classes than strangers
_FEWEST_STEPS, _SOME_STEPS = 20, 50  # before a collapse is seen, and before anything else
_HALF = 0.5  # of the steps: what was not learned before may still come
_RECENT = 20  # rows of the history

NOT_A_NUMBER = (
    "Most often the learning rate is too high: try a third of it. Labels of pairs other than 0 and "
    "1, or NaN in the images, do the same."
)


class Verdict(NamedTuple):
    """What is wrong with a training.

    Attributes:
        name: such as "collapsed".
        text: a sentence that says what it is, and one that says what to do.
    """

    name: str
    text: str


@dataclass(frozen=True)
class Given:
    """What is known before the first step.

    Attributes:
        share: of similar pairs; NaN for batches of images.
        classes: of the images in the first batches; None if they are not known.
        one_class: of similar pairs, and of different ones, the share whose images are of one class;
            NaN if that is not known.
        margin: of the loss; NaN if it has none.
        output: what bounds the embeddings, such as "a sigmoid"; "" if nothing is known to.
        reach: the largest distance that this allows.
    """

    share: float = math.nan
    classes: int | None = None
    one_class: tuple[float, float] = (math.nan, math.nan)
    margin: float = math.nan
    output: str = ""
    reach: float = math.inf


@dataclass(frozen=True)
class Measured:
    """What is measured at a step.

    Attributes:
        step: steps so far.
        done: their share of all steps.
        losses: rows of the history so far.
        margin: of the loss; NaN if it has none.
        trivial: the loss if all images are in one point; NaN if that is not known.
        called: what `trivial` is, such as "margin squared / 4".
        stops: whether different pairs beyond the margin do not push.
        similar, different: mean distances of pairs, as training calls them; NaN if there are none.
        beyond: share of different pairs that are the margin or more apart.
        near: share of different pairs less than half of the margin apart.
        order: how often a similar pair is closer than a different one; chance gives 0.5.
        first: the larger mean distance of the untrained tower; NaN if it was not measured.
        doubt: of `order`, which few pairs give.
        other_order: `order` of the validation images; NaN if it is not to be compared.
    """

    step: int
    done: float
    losses: Sequence[float]
    margin: float
    trivial: float
    called: str
    stops: bool
    similar: float
    different: float
    beyond: float
    near: float
    order: float
    first: float = math.nan
    doubt: float = 0.0
    other_order: float = math.nan


def of_given(given: Given) -> list[Verdict]:
    """Judge a training before its first step."""
    found = []
    if (cause := _of_pairs(given)) is not None:
        found.append(cause)
    if given.margin > given.reach:
        found.append(
            Verdict(
                "out_of_reach",
                f"The margin is {given.margin:g}, but {given.output} at the output keeps all "
                f"distances below {given.reach:.3g}: no different pair ever reaches the margin. "
                f"Take a margin of {given.reach / 2:.2g} or less, or a linear output.",
            )
        )
    return found


def _of_pairs(given: Given) -> Verdict | None:
    rare = rare_kind(given.share)
    if rare is not None and rare.kind == "different" and given.classes == 1:
        return Verdict(
            "one_class",
            "All images of the batches are of one class, so no pair is different, and training "
            "pulls all images into one point. Train on images of two classes or more.",
        )
    if rare is not None:
        return Verdict(f"no_{rare.kind}_pairs", rare.text)
    similar, different = given.one_class
    if different - similar > _TURNED:
        return Verdict(
            "turned",
            f"The labels of the pairs are turned round: of those called different, {different:.0%} "
            f"are of one class, and of those called similar, {similar:.0%}. Here 1 is similar and "
            "0 is different (the paper of 2006 writes it the other way round): give 1 - same.",
        )
    return None


def of_losses(losses: Sequence[float], trivial: float) -> Verdict | None:
    """Judge a training by its losses alone.

    Args:
        losses: rows of the history.
        trivial: the loss if all images are in one point; NaN if that is not known.
    """
    if len(losses) < _SMOOTHED:
        return None
    means = np.convolve(losses, np.full(_SMOOTHED, 1 / _SMOOTHED), "valid")
    now, lowest = float(means[-1]), min(losses[0], float(means.min()))
    usual = losses[0] if math.isnan(trivial) else trivial
    if not now > _JUMP * max(usual, lowest):
        return None
    return Verdict(
        "rate_too_high",
        f"The loss jumped from {lowest:.3g} to {now:.3g}: the learning rate is too high. Try a "
        "third of it.",
    )


def of_measured(now: Measured) -> Verdict | None:
    """Judge a training by the distances of its pairs. None if nothing seems wrong."""
    if now.step < _FEWEST_STEPS:
        return None
    distances = [each for each in (now.similar, now.different) if not math.isnan(each)]
    if not distances:
        return None
    largest, late = max(distances), now.done >= _HALF
    # An untrained tower may have small distances, too, that are about to grow.
    shrunk = late or not largest >= _SHRUNK * now.first
    margin = now.first if math.isnan(now.margin) else now.margin
    if shrunk and not largest >= _NEAR_ZERO * margin:
        return Verdict(
            "collapsed",
            f"Collapsed: all distances are near 0, {largest:.2g} on average. Most often the "
            "learning rate is too high: try a third of it, or another seed. A sigmoid at the "
            "output, or only the hardest triplets, make it more likely.",
        )
    return _late(now) if late and now.step >= _SOME_STEPS else None


def _late(now: Measured) -> Verdict | None:
    """Judge what takes a training some time to learn."""
    loss = float(np.mean(now.losses[-_RECENT:])) if now.losses else math.nan
    ordered = now.different > _NO_ORDER * now.similar
    if not ordered and abs(loss - now.trivial) < _NEAR_TRIVIAL * now.trivial:
        return Verdict(
            "trivial",
            f"The loss sits at {now.called} = {now.trivial:.3g}: as if all images were in one "
            "point. The tower is not learning yet: check the labels, or change the learning rate "
            "or the seed.",
        )
    learned = now.different > _LEARNED * now.similar and now.near <= _MIXED
    if now.stops and now.beyond >= _ALMOST_ALL and not learned:
        return Verdict(
            "no_push",
            "Different pairs no longer push: nearly all are beyond the margin, "
            f"{now.margin:g} ({now.beyond:.0%}), and similar pairs are {now.similar:.2g} apart. "
            "Take a larger margin, or more similar pairs.",
        )
    if now.other_order > _CHANCE and now.other_order - now.order > _GAP:
        return Verdict(
            "wrong_labels",
            "Training images follow their labels less than validation images do: a similar pair is "
            f"closer than a different one in {now.order:.0%}, and there in {now.other_order:.0%}. "
            f"Unless the validation images are easier, some {_wrong(now):.0%} of the training "
            "labels are wrong. sl.curation.suspect_labels lists images to look at.",
        )
    if now.order + now.doubt < _CHANCE:
        return Verdict(
            "no_order",
            "Similar pairs are no closer than different ones: of one of each, the similar pair is "
            f"closer in {now.order:.0%}, and chance gives 50%. Check that the labels fit the "
            "images, and that 1 is similar; then try another learning rate.",
        )
    return None


def _wrong(now: Measured) -> float:
    """Return about how many labels are wrong: a pair of right ones needs two of them."""
    return 1 - math.sqrt(max(now.order - 0.5, 0) / (now.other_order - 0.5))
