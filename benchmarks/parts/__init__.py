"""The parts of the benchmarks: what there is to measure, a module for each."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

PARTS = {
    "training": "our recipes: quality and seconds",
    "record": "the best embedding in five minutes",
    "tried": "what was tried for the record",
    "quality": "our recipes next to those of others",
    "unseen": "classes that training never saw",
    "pictures_unseen": "emoji and icons that training never saw",
    "step": "a training step next to PyTorch's and JAX's",
    "kernels": "where the time of a step goes",
    "pairs": "drawing pairs",
    "retrieval": "finding nearest neighbours",
    "metrics": "measuring the quality of retrieval",
    "curation": "finding planted faults in folders",
    "start": "imports and the first picture",
    "opening": "opening folders of images",
    "views": "films on the screen",
    "live": "the cost of watching a training",
    "explorer": "from a click to the neighbours",
    "dragging": "from the hand to the picture",
    "pages": "pages that work without Python",
    "lab": "a tower that trains in a page",
    "folders": "folders of pictures next to other ways",
    "growth": "time and memory as images and dimensions grow",
    "disk": "galleries on disk, beyond memory",
    "embed_files": "embedding files, with threads and with Ray",
    "stored": "training on folders larger than memory",
    "gpu": "training on a GPU",
}


def part_module(part: str) -> ModuleType:
    """Import a part: ``parts/NAME.py``, or ``parts/NAME/NAME.py`` if it has helpers of its own."""
    alone = Path(__file__).with_name(f"{part}.py").is_file()
    return importlib.import_module(f"benchmarks.parts.{part}" + ("" if alone else f".{part}"))
