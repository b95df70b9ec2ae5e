"""Describe a training, so that an interrupted one is resumed as the same training or not at all.

The description is made of JSON values that are the same in every process. It leaves out what Keras
chooses again in each process, such as the numbers in the names of layers.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from siamese_lib.files import Json, JsonObject, digest
from siamese_lib.network.backend import keras
from siamese_lib.network.many_devices import processes
from siamese_lib.pairs.kinds import Sampler
from siamese_lib.training.batches import ImageBatches

# In a configuration of Keras: what differs from process to process, or says nothing about training.
_NOT_KEPT = {"name", "module", "registered_name", "build_config"}


def parts_of(model: keras.Model, batches: ImageBatches, total: int) -> JsonObject:
    """Describe what a training is made of.

    Args:
        model: compiled, before the first step.
        batches: what it is trained on.
        total: steps of the whole training, at least 1.

    Returns:
        The kind and the numbers of the sampler; a fingerprint of the first, a middle and the last
        batch, before they are augmented; the settings of the optimizer, the loss, the
        augmentation and each layer; and, if there is an augmentation, the number of processes, as
        each draws random numbers of its own.
    """
    looked_at = [batches.plain(step) for step in (0, total // 2, total - 1)]
    arrays = [array for images, target in looked_at for array in (*images, target)]
    return {
        "sampler": {"kind": type(batches.sampler).__name__, **_numbers_of(batches.sampler)},
        "fingerprint of the batches": digest(arrays)[:8],
        "optimizer": _of_optimizer(model.optimizer),
        "loss": described(model.loss),
        "augment": described(batches.augment_settings),
        "layers": described(model),
        **({} if batches.augment is None else {"processes": processes()}),
    }


def differences(before: Json, now: Json, name: str = "") -> Iterator[str]:
    """Say in which settings two descriptions differ, such as ``loss margin was 1.0, now 2.0``.

    A setting that only one of them has is passed over: another version of Keras has other settings.
    """
    if isinstance(before, dict) and isinstance(now, dict) and before.get("kind") == now.get("kind"):
        shared = [(key, before[key], now[key]) for key in before if key in now]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        shared = list(zip(range(len(now)), before, now, strict=True))
    else:
        shared = []
        if before != now:
            yield f"{name} was {_brief(before)}, now {_brief(now)}"
    for key, one, other in shared:
        yield from differences(one, other, f"{name} {key}".strip())


def described(thing: Any) -> Json:
    """Turn an object of Keras, or a value in its configuration, into JSON values."""
    if isinstance(thing, Mapping):
        return _described_mapping(thing)
    if isinstance(thing, list | tuple):
        return [described(each) for each in thing]
    if isinstance(thing, set | frozenset):
        return sorted(str(described(each)) for each in thing)
    if thing is None or isinstance(thing, bool | str):
        return thing
    if isinstance(thing, Integral):
        return int(thing)
    if isinstance(thing, Real):
        return float(f"{thing:.6g}")  # 0.02 in float32 is 0.0199999996
    if isinstance(thing, np.ndarray):
        return digest([thing])
    if isinstance(thing, keras.Model):
        return [described(layer) for layer in thing.layers]
    if hasattr(thing, "get_config"):
        return {"kind": type(thing).__name__, **_configuration(thing)}
    return without_address(thing)


def without_address(thing: object) -> str:
    """Name an object: its repr, without the address, which differs in each process."""
    return re.sub(" at 0x[0-9A-Fa-f]+", "", repr(thing))


def _described_mapping(mapping: Mapping[str, Any]) -> Json:
    """Describe a dictionary; one that stands for an object of Keras, as that object."""
    if not mapping.keys() >= {"class_name", "config"}:
        return {str(k): described(v) for k, v in mapping.items() if k not in _NOT_KEPT}
    kind, config = mapping["class_name"], mapping["config"]
    if kind == "__lambda__":
        return kind  # its code holds line numbers
    if "DTypePolicy" in kind or not isinstance(config, Mapping):
        return config["name"] if isinstance(config, Mapping) else described(config)
    return {"kind": kind, **_described_mapping(config)}


def _configuration(thing: Any) -> JsonObject:
    """Return the settings of an object of Keras; none if it cannot say them."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about lambdas, which are not saved here
            return _described_mapping(thing.get_config())
    except Exception:  # a class of the user's own raises what it likes
        return {}


def _numbers_of(sampler: Sampler) -> JsonObject:
    """Describe the public attributes of a sampler that are a number or a text."""
    attributes = getattr(sampler, "__dict__", {})
    public = {name: value for name, value in attributes.items() if not name.startswith("_")}
    return described({k: v for k, v in public.items() if isinstance(v, Real | str)})


def _of_optimizer(optimizer: keras.optimizers.Optimizer) -> Json:
    """Describe an optimizer. After its first step the learning rate may be one that a callback set.

    A checkpoint restores the rate, as it is one of the optimizer's variables.
    """
    description = described(optimizer)
    rate = isinstance(description, dict) and description.get("learning_rate")
    if int(optimizer.iterations) > 0 and isinstance(rate, float):
        del description["learning_rate"]
    return description


def _brief(value: Json) -> str:
    """Write a value into a message."""
    if isinstance(value, list):
        return f"{len(value)} of them"
    return repr(value.get("kind") if isinstance(value, dict) else value)
