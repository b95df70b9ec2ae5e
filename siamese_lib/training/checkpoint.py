"""All that an unfinished training needs to continue, in one file that is replaced atomically."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from siamese_lib.files import Json, JsonObject, write_atomically
from siamese_lib.network.backend import keras
from siamese_lib.network.many_devices import on_first
from siamese_lib.network.optimizers import build_optimizer
from siamese_lib.runs.run_files import CHECKPOINT, RunError
from siamese_lib.runs.weights import kept
from siamese_lib.training.resume import differences

_LISTED = 6  # differences that an error names
_ALL_THE_SAME = {"setting on_disk"}  # in a plan: with it or without, the weights are the same


class Checkpoint:
    """The file ``checkpoint.npz`` in the folder of a run.

    It holds only arrays, and JSON as an array of bytes: the variables of the model and of its
    optimizer, the frames kept so far, and facts such as the step.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def exists(self) -> bool:
        """Return whether there is a checkpoint."""
        return self.path.exists()

    def save(
        self,
        model: keras.Model,
        facts: Mapping[str, object],
        frames: Mapping[int, list[np.ndarray]],
    ) -> None:
        """Write the state of a compiled model, facts for JSON, and frames of weights by step."""
        build_optimizer(model)
        state = _state(model)
        arrays = {
            **dict(zip(state, kept([v.numpy() for v in state.values()]), strict=True)),
            **_numbered(frames),
            "facts": np.frombuffer(json.dumps(facts).encode(), np.uint8),
        }
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, buffer.getvalue())

    def load(
        self, model: keras.Model, plan: Mapping[str, object], parts: Mapping[str, Json]
    ) -> tuple[JsonObject, dict[int, list[np.ndarray]]]:
        """Put the state back into a compiled model; return the facts and the frames.

        Args:
            model: of the training to continue.
            plan: what was asked for, JSON values by name.
            parts: what the training is made of, as `parts_of` says.

        Raises:
            RunError: the file is damaged, or belongs to a training with another plan or model.
                The model then stays as it was.
        """
        try:
            with np.load(io.BytesIO(on_first(self.path.read_bytes)), allow_pickle=False) as file:
                arrays = dict(file)
            facts = json.loads(arrays.pop("facts").tobytes())
            plan_before = dict(facts["plan"])
            parts_before = dict(facts.get("parts", {}))  # version 0.1.0 wrote none
            named = [name for name in arrays if name.startswith("frame")]
            frames = _in_frames({name: arrays.pop(name) for name in named})
        except Exception as error:
            raise RunError(
                f"{self.path} is damaged ({error}). Delete it to start this training again."
            ) from error
        differs = [
            f"{name} was {plan_before.get(name)!r}, now {plan.get(name)!r}"
            for name in {**plan_before, **plan}
            if name not in _ALL_THE_SAME and plan_before.get(name) != plan.get(name)
        ] or list(differences(parts_before, parts))
        build_optimizer(model)
        state = _state(model)
        shapes = {name: tuple(variable.shape) for name, variable in state.items()}
        if {name: array.shape for name, array in arrays.items()} != shapes:
            differs.insert(0, "the weights were of other shapes")
        if differs:
            more = f"; and {len(differs) - _LISTED} more" if len(differs) > _LISTED else ""
            raise RunError(
                f"{self.path} belongs to another training: {'; '.join(differs[:_LISTED])}{more}. "
                "Ask for the same training, choose another folder, or start again without resuming."
            )
        for name, variable in state.items():
            variable.assign(arrays[name])
        return facts, frames

    def delete(self) -> None:
        """Delete the checkpoint, once the training has ended."""
        self.path.unlink(missing_ok=True)


def _numbered(frames: Mapping[int, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """Name each weight of each frame, such as frame10.3, but not one that did not change."""
    named: dict[str, np.ndarray] = {}
    before: list[np.ndarray] = []
    for step, weights in sorted(frames.items()):
        smallest = min(range(len(weights)), key=lambda i: weights[i].nbytes)  # names the frame
        for i, weight in enumerate(weights):
            if i == smallest or not before or weight is not before[i]:
                named[f"frame{step}.{i}"] = weight
        before = weights
    return named


def _in_frames(named: Mapping[str, np.ndarray]) -> dict[int, list[np.ndarray]]:
    """Put together what `_numbered` named, or an earlier version, which named every weight."""
    numbers = [tuple(map(int, name.removeprefix("frame").split("."))) for name in named]
    frames: dict[int, list[np.ndarray]] = {}
    before: list[np.ndarray] = []
    for step in sorted({step for step, _ in numbers}):
        own = {i: named[f"frame{step}.{i}"] for at, i in numbers if at == step}
        before = [own.get(i, old) for i, old in enumerate(before)] or [own[i] for i in sorted(own)]
        frames[step] = before
    return frames


def _state(model: keras.Model) -> dict[str, keras.Variable]:
    """Return all variables of a compiled model and its optimizer, with seeds of random layers."""
    groups = {"model": model.variables, "optimizer": model.optimizer.variables}
    return {f"{name}{i}": v for name, group in groups.items() for i, v in enumerate(group)}
