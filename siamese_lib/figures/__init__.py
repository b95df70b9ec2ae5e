"""Arrays in, plotly figures out."""

from siamese_lib.colors import PALETTE, class_color
from siamese_lib.figures.bars import measure_bars
from siamese_lib.figures.charts import (
    class_curves,
    distance_histogram,
    loss_curve,
    quality_curves,
    roc_curves,
    training_curves,
)
from siamese_lib.figures.features import feature_maps
from siamese_lib.figures.growth import growth_curves
from siamese_lib.figures.maps import embedding_map, force_arrows
from siamese_lib.figures.pictures import image_grid, neighbours, pairs
from siamese_lib.figures.sampling import class_shares, pair_matrix
from siamese_lib.figures.svd import singular_values

__all__ = [
    "PALETTE",
    "class_color",
    "class_curves",
    "class_shares",
    "distance_histogram",
    "embedding_map",
    "feature_maps",
    "force_arrows",
    "growth_curves",
    "image_grid",
    "loss_curve",
    "measure_bars",
    "neighbours",
    "pair_matrix",
    "pairs",
    "quality_curves",
    "roc_curves",
    "singular_values",
    "training_curves",
]
