"""All that an unfinished training needs to go on, in one file that is replaced in one move."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from siamese_lib.run import RunError, write_atomically


class Checkpoint:
    """The file ``checkpoint.npz`` in the folder of a run.

    It holds arrays only, and JSON as an array of bytes: the weights of the model, the
    variables of its optimizer, the frames kept so far, and facts such as the step.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "checkpoint.npz"

    def exists(self) -> bool:
        """Whether there is one to go on from."""
        return self.path.exists()

    def save(
        self,
        model: keras.Model,
        facts: Mapping[str, Any],
        frames: Mapping[int, list[np.ndarray]],
    ) -> None:
        """Write the state of a compiled model, JSON facts, and frames of weights by step."""
        arrays = {
            **{f"model{i}": np.asarray(v) for i, v in enumerate(model.weights)},
            **{f"optimizer{i}": np.asarray(v) for i, v in enumerate(model.optimizer.variables)},
            **{f"frame{s}.{i}": w for s, weights in frames.items() for i, w in enumerate(weights)},
            "facts": np.frombuffer(json.dumps(facts).encode(), np.uint8),
        }
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, buffer.getvalue())

    def load(
        self, model: keras.Model, plan: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[int, list[np.ndarray]]]:
        """Put the state back into a compiled model; return the facts and the frames.

        Raises:
            RunError: the file is damaged, or was made by a training with another plan.
        """
        try:
            with np.load(self.path, allow_pickle=False) as file:
                arrays = dict(file)
            facts = json.loads(arrays["facts"].tobytes())
        except Exception as error:
            raise RunError(
                f"{self.path} is damaged ({error}). Delete it to start this training anew."
            ) from error
        differs = sorted(k for k in {*plan, *facts["plan"]} if facts["plan"].get(k) != plan.get(k))
        if differs:
            raise RunError(
                f"{self.path} belongs to another training: "
                + "; ".join(f"{k} was {facts['plan'].get(k)!r}, now {plan.get(k)!r}" for k in differs)
                + ". Ask for the same training, or choose another folder."
            )
        model.optimizer.build(model.trainable_variables)
        for prefix, variables in (("model", model.weights), ("optimizer", model.optimizer.variables)):
            for i, variable in enumerate(variables):
                variable.assign(arrays[f"{prefix}{i}"])
        frames: dict[int, list[np.ndarray]] = {}
        for name in arrays:
            if name.startswith("frame"):
                frames.setdefault(int(name[5:].split(".")[0]), []).append(arrays[name])
        return facts, frames

    def delete(self) -> None:
        """Remove it, once the training has ended."""
        self.path.unlink(missing_ok=True)
