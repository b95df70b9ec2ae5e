"""The answer of an explorer, as a value to read, compare and compute with."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer(Mapping[str, Any]):
    """The training images nearest to one query, at one step of a training.

    An answer cannot be changed. Read its parts as attributes or, as in a dict, by name.
    ``dict(answer)`` copies them, and ``pandas.DataFrame(answer.rows())`` makes a table.

    Attributes:
        query: kind of the query: "test", "train", "drawing" or "picture".
        index: of the test or training image, or None for other queries.
        label: class of the query as a number, or None if it is unknown.
        step: training step of the weights that embedded the images.
        metric: "euclidean" or "cosine".
        k: number of neighbours.
        searched: number of training images that were searched.
        indices: k indices into the training images, nearest first.
        labels: k classes of the neighbours, as numbers.
        distances: k distances of the neighbours, by the metric.
        vote: the most frequent class of the neighbours; of equally frequent classes, the one that
            comes first among them.
        confidence: share of the neighbours that have this class, from 0 to 1.
        right: whether the vote is the label; None if the label is unknown.
        reach: largest Euclidean distance from the query to one of the neighbours.
        same: training images that are identical to the query, so that it finds itself at distance
            0. A training image that was chosen is not one of its own neighbours, nor in here.
    """

    query: str
    index: int | None
    label: int | None
    step: int
    metric: str
    k: int
    searched: int
    indices: tuple[int, ...]
    labels: tuple[int, ...]
    distances: tuple[float, ...]
    vote: int
    confidence: float
    right: bool | None
    reach: float
    same: tuple[int, ...] = ()
    _class_names: tuple[str, ...] = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names():
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        """Return the number of parts."""
        return len(self._names())

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict for each neighbour: rank, index, label, class and distance."""
        return [
            {"rank": rank, "index": index, "label": label, "class": self.name_of(label),
             "distance": distance}
            for rank, (index, label, distance) in enumerate(
                zip(self.indices, self.labels, self.distances, strict=True), 1
            )
        ]  # fmt: skip

    def name_of(self, label: int) -> str:
        """Return the name of a class."""
        return self._class_names[label]

    def _names(self) -> tuple[str, ...]:
        return tuple(part.name for part in fields(self) if not part.name.startswith("_"))

    def _repr_html_(self) -> str:
        rows = self.rows()
        head = "".join(f"<th>{name}</th>" for name in rows[0])
        body = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{html.escape(text)}</td>"
