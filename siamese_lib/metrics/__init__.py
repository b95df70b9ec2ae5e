"""How good an embedding is: arrays in, numbers out.

Two ways to judge it. Retrieval asks what the nearest neighbours of a query are; these measures
take their labels, nearest first, as ``gallery_labels[indices]`` with the `indices` that
`siamese_lib.Gallery.nearest` returns; `retrieval` goes from embeddings to the measures at once,
where lists of thousands of neighbours would be long. Verification asks of a pair whether it is
of one class.

Labels are integers or strings, and every measure is a mean over queries, from 0 to 1.

References:
    Musgrave, Belongie and Lim, "A Metric Learning Reality Check", 2020, section 3.2:
    R-precision and MAP@R.
"""

from siamese_lib.metrics.costs import costliest_pairs
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
from siamese_lib.metrics.thresholds import (
    AtThreshold,
    Verification,
    verification,
    verification_intervals,
)

__all__ = [
    "AtThreshold",
    "Retrieval",
    "Verification",
    "confusion",
    "costliest_pairs",
    "knn_accuracy",
    "map_at_r",
    "per_class",
    "precision_at_k",
    "r_precision",
    "recall_at_k",
    "retrieval",
    "verification",
    "verification_intervals",
    "vote",
]
