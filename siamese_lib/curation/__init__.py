"""Find images that do not belong: near duplicates, outliers and wrong labels.

Each function ranks the images of a data set, the most doubtful first, and decides nothing. Look at
the first few, and go on without those that you reject.
"""

from siamese_lib.curation.duplicates import near_duplicates
from siamese_lib.curation.findings import Findings, write_table
from siamese_lib.curation.looks import looks
from siamese_lib.curation.outliers import outliers
from siamese_lib.curation.planting import Stop, where_to_stop
from siamese_lib.curation.suspects import suspect_labels

__all__ = [
    "Findings",
    "Stop",
    "looks",
    "near_duplicates",
    "outliers",
    "suspect_labels",
    "where_to_stop",
    "write_table",
]
