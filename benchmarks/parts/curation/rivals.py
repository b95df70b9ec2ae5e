"""Other ways to find the planted faults: simple ones, and the best-known libraries.

Each way to find near duplicates returns pairs (earlier, later), the most alike first. Each way to
find wrong labels or outliers returns images, the most doubtful first.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import siamese_lib as sl
from benchmarks.tools.fresh import python

Pairs = list[tuple[int, int]]
IMAGEDEDUP = """import json, sys
import numpy as np
from imagededup.methods import PHash

hasher, images = PHash(verbose=False), np.load(sys.argv[1])
codes = {str(at): hasher.encode_image(image_array=each) for at, each in enumerate(images)}
found = hasher.find_duplicates(encoding_map=codes, max_distance_threshold=20, scores=True)
print(json.dumps(sorted({
    (int(distance), *sorted((int(one), int(other))))
    for one, others in found.items() for other, distance in others
})))
"""
NEEDS = {"imagededup": "imagededup", "cleanvision": "cleanvision", "cleanlab": "cleanlab"}


# --- near duplicates ---


def ours(images: np.ndarray, _: np.ndarray) -> Pairs:
    found = sl.curation.near_duplicates(images, count=1000)
    assert found.others is not None
    return list(zip(found.others.tolist(), found.indices.tolist(), strict=True))


def by_pixels(images: np.ndarray, _: np.ndarray) -> Pairs:
    return _nearest_pairs(images.reshape(len(images), -1))


def by_embeddings(_: np.ndarray, embeddings: np.ndarray) -> Pairs:
    return _nearest_pairs(embeddings)


def by_difference_hash(images: np.ndarray, _: np.ndarray) -> Pairs:
    """Compare 64 bits: whether each of 9 by 8 gray pixels is brighter than the one before it."""
    gray = [np.asarray(Image.fromarray(each).convert("L").resize((9, 8)), int) for each in images]
    return _nearest_pairs((np.diff(np.stack(gray), axis=2) > 0).reshape(len(images), -1))


def by_imagededup(images: np.ndarray, _: np.ndarray) -> Pairs:
    """Compare the hashes of imagededup, up to its widest useful difference.

    In a process of its own, as it loads PyTorch, which may crash beside TensorFlow.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "images.npy")
        np.save(file, images)
        found = python("-c", IMAGEDEDUP, str(file))
    return [(one, other) for _, one, other in found]


def by_cleanvision(images: np.ndarray, _: np.ndarray) -> Pairs:
    """List the pairs in the sets that cleanvision reports. It does not rank them."""
    from cleanvision import Imagelab

    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, quiet[0], quiet[1]:
        for at, each in enumerate(images):
            Image.fromarray(each).save(Path(folder, f"{at}.png"))
        lab = Imagelab(data_path=folder, verbose=False)
        lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=1, verbose=False)
        kinds = [lab.info[f"{kind}_duplicates"]["sets"] for kind in ("exact", "near")]
    sets = [sorted(int(Path(name).stem) for name in each) for kind in kinds for each in kind]
    return [(a, b) for each in sets for at, a in enumerate(each) for b in each[at + 1 :]]


def _nearest_pairs(vectors: np.ndarray, nearest: int = 10) -> Pairs:
    """Return the pairs of nearest neighbours, the nearest first."""
    found, distances = sl.Gallery(vectors).nearest(vectors, nearest, exclude_self=True)
    apart: dict[tuple[int, int], float] = {}
    for one, (others, row) in enumerate(zip(found.tolist(), distances.tolist(), strict=True)):
        for other, distance in zip(others, row, strict=True):
            apart[min(one, other), max(one, other)] = distance
    return sorted(apart, key=apart.__getitem__)


# --- wrong labels ---


def our_suspects(looks: dict[str, np.ndarray], _: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return sl.curation.suspect_labels(list(looks.values()), labels).indices


def our_suspects_with_embeddings(
    looks: dict[str, np.ndarray], embeddings: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    return sl.curation.suspect_labels([*looks.values(), embeddings], labels).indices


def votes_of_looks(looks: dict[str, np.ndarray], _: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Take the kind of features whose votes are right most often, and only that."""
    ranked = [_votes(each, labels) for each in looks.values()]
    return max(ranked, key=lambda each: each[1])[0]


def votes_of_colours(looks: dict[str, np.ndarray], _: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return _votes(looks["colours"], labels)[0]


def votes_of_embeddings(
    _: dict[str, np.ndarray], embeddings: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    return _votes(embeddings, labels)[0]


def by_costliest_pairs(
    _: dict[str, np.ndarray], embeddings: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """List the images of the costliest pairs, of which one may be wrong, pair after pair."""
    left, right, _costs = sl.metrics.costliest_pairs(embeddings, labels, count=len(labels) // 2)
    return np.stack([left, right], axis=1).ravel()


def by_cleanlab(looks: dict[str, np.ndarray], _: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rank by cleanlab, from a logistic regression on all looks that is validated in five folds."""
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.preprocessing import StandardScaler

    features = StandardScaler().fit_transform(np.concatenate(list(looks.values()), axis=1))
    model = LogisticRegression(C=0.001, max_iter=300)
    chances = cross_val_predict(model, features, labels, cv=5, method="predict_proba")
    return np.argsort(get_label_quality_scores(labels, chances), kind="stable")


def _votes(vectors: np.ndarray, labels: np.ndarray, k: int = 20) -> tuple[np.ndarray, float]:
    """Rank by how few of the k nearest have the image's label; also say how often they agree."""
    found, _ = sl.Gallery(vectors).nearest(vectors, k, exclude_self=True)
    share = (labels[found] == labels[:, None]).mean(axis=1)
    return np.argsort(share, kind="stable"), float(share.mean())


# --- outliers ---


def our_outliers(vectors: np.ndarray) -> np.ndarray:
    return sl.curation.outliers(vectors).indices


def by_distance(vectors: np.ndarray) -> np.ndarray:
    """Rank by the mean distance from the 10 nearest."""
    _, distances = sl.Gallery(vectors).nearest(vectors, 10, exclude_self=True)
    return np.argsort(-distances.mean(axis=1), kind="stable")


def by_scikit(vectors: np.ndarray, name: str) -> np.ndarray:
    """Rank by scikit-learn's LocalOutlierFactor or IsolationForest."""
    if name == "LocalOutlierFactor":
        from sklearn.neighbors import LocalOutlierFactor

        return np.argsort(LocalOutlierFactor().fit(vectors).negative_outlier_factor_)
    from sklearn.ensemble import IsolationForest

    return np.argsort(IsolationForest(random_state=0).fit(vectors).score_samples(vectors))


DUPLICATES: dict[str, Any] = {
    "`sl.curation.near_duplicates`": ours,
    "pixels": by_pixels,
    "difference hash": by_difference_hash,
    "trained embeddings": by_embeddings,
    "imagededup": by_imagededup,
    "cleanvision": by_cleanvision,
}
SUSPECTS: dict[str, Any] = {
    "`sl.curation.suspect_labels`": our_suspects,
    "the same, with trained embeddings": our_suspects_with_embeddings,
    "votes on colours": votes_of_colours,
    "votes on the best of the looks": votes_of_looks,
    "votes on trained embeddings": votes_of_embeddings,
    "`sl.metrics.costliest_pairs`": by_costliest_pairs,
    "cleanlab": by_cleanlab,
}
OUTLIERS: dict[str, Any] = {
    "`sl.curation.outliers`": our_outliers,
    "distance from the nearest": by_distance,
    "LocalOutlierFactor": lambda vectors: by_scikit(vectors, "LocalOutlierFactor"),
    "IsolationForest": lambda vectors: by_scikit(vectors, "IsolationForest"),
}
