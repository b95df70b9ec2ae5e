"""How good an embedding is: arrays in, numbers out.

An embedding can be judged in three ways.

Retrieval judges the nearest neighbours of each query. Most of its measures take the neighbours'
labels, nearest first: ``gallery_labels[indices]``, with the `indices` that
`siamese_lib.Gallery.nearest` returns. `retrieval` takes the embeddings instead, for measures that
would need lists of thousands of neighbours. Labels are integers or strings. Every measure is a
mean over queries, from 0 to 1.

Few-shot accuracy judges classes that training has never seen: are a few examples enough to tell
them apart? And `bootstrap` says how far a mean over queries may be off.

Verification judges pairs: does the distance of two images show whether they are of one class?

And a map can be judged point by point: which of its neighbours would stay? Or by what can be read
off it: how well does a place on it give the angle of the camera, or the light?

References:
    Musgrave, Belongie and Lim, "A Metric Learning Reality Check", 2020, section 3.2:
    R-precision and MAP@R.
"""

from siamese_lib.metrics.correlation import circular_correlation, r_squared, rank_correlation
from siamese_lib.metrics.costliest import costliest_pairs
from siamese_lib.metrics.cylinder import Cylinder, fit_cylinder
from siamese_lib.metrics.decision import SameThreshold, choose_threshold
from siamese_lib.metrics.few_shot import FewShot, few_shot
from siamese_lib.metrics.intervals import bootstrap
from siamese_lib.metrics.precision import (
    confusion,
    knn_accuracy,
    map_at_r,
    per_class,
    precision_at_k,
    r_precision,
    recall_at_k,
    vote,
)
from siamese_lib.metrics.ranking import Retrieval, retrieval
from siamese_lib.metrics.rates import Rate
from siamese_lib.metrics.rivals import (
    RIVALS,
    color_histogram,
    principal_components,
    raw_pixels,
)
from siamese_lib.metrics.thresholds import (
    AtThreshold,
    Verification,
    verification,
    verification_intervals,
)
from siamese_lib.metrics.trust import kept_neighbours, stable_neighbours
from siamese_lib.metrics.unknown import UnknownThreshold, unknown_threshold
from siamese_lib.metrics.writing import Handwriting, handwriting

__all__ = [
    "RIVALS",
    "AtThreshold",
    "Cylinder",
    "FewShot",
    "Handwriting",
    "Rate",
    "Retrieval",
    "SameThreshold",
    "UnknownThreshold",
    "Verification",
    "bootstrap",
    "choose_threshold",
    "circular_correlation",
    "color_histogram",
    "confusion",
    "costliest_pairs",
    "few_shot",
    "fit_cylinder",
    "handwriting",
    "kept_neighbours",
    "knn_accuracy",
    "map_at_r",
    "per_class",
    "precision_at_k",
    "principal_components",
    "r_precision",
    "r_squared",
    "rank_correlation",
    "raw_pixels",
    "recall_at_k",
    "retrieval",
    "stable_neighbours",
    "unknown_threshold",
    "verification",
    "verification_intervals",
    "vote",
]
