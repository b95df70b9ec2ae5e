"""Read and embed one part of a list of files, in this process or in one of Ray's."""

from __future__ import annotations

import errno
import os
import platform
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import numpy as np

from siamese_lib.data.dataset import DataError
from siamese_lib.data.read_many import read_in_order
from siamese_lib.runs.run import Run
from siamese_lib.scale.parquet_files import packed_part, unpacked_list

_GONE = os.strerror(errno.ENOENT)
# Reasons of the machine and not of the file, which may be read the next time.
_PASSING = {
    os.strerror(number)
    for number in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE)
}


@dataclass(frozen=True)
class Embedded:
    """A part that was embedded.

    Attributes:
        content: of the file of the part.
        gone: the files that were not there, as bytes.
    """

    content: bytes
    gone: list[bytes]


def embedded_part(run: Run, frame: int, list_bytes: bytes, batch_size: int) -> Embedded:
    """Read and embed the files of a part.

    Args:
        run: embeds the images.
        frame: index into its steps.
        list_bytes: the files, as `packed_list` has packed them.
        batch_size: images in one pass; as many are read ahead.

    Raises:
        DataError: a file cannot be read for a reason that may pass, such as too many open files.
    """
    files = unpacked_list(list_bytes)
    parts = [np.empty((0, run.embedding_dim), np.float32)]
    reasons: list[str | None] = []
    paths = [each.path for each in files]
    with closing(read_in_order(paths, run.image_shape, batch_size)) as found:
        while batch := [*islice(found, batch_size)]:
            reasons += [each if isinstance(each, str) else None for each in batch]
            images = [each for each in batch if not isinstance(each, str)]
            if images:
                parts.append(run.embed(np.stack(images), frame, batch_size=batch_size))
    for path, why in zip(paths, reasons, strict=True):
        if why in _PASSING:
            raise DataError.about(
                path,
                found=str(why),
                expected="a file that can be read, or one that is no picture",
                remedy="What is embedded stays: call embed_files again when that has passed.",
            )
    gone = [os.fsencode(path) for path, why in zip(paths, reasons, strict=True) if why == _GONE]
    return Embedded(packed_part(files, np.concatenate(parts), reasons), gone)


class PartWorker:
    """Embeds parts in a process of Ray's, with a tower that it gets once.

    An error comes back as a value: Ray would wrap it, and repeat its whole trace.

    Args:
        tower: a reference to a run of one frame, packed.
        batch_size: images in one pass.
    """

    def __init__(self, tower: Any, batch_size: int) -> None:
        self._tower, self._batch_size = tower, batch_size
        self._run: Run | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the content of a part's file, its number, and what the caller has to check."""
        import ray  # waits: an optional package, siamese-lib[scale]
        from ray import cloudpickle  # waits: as ray

        done, error = Embedded(b"", []), b""
        try:
            if self._run is None:
                self._run = cloudpickle.loads(ray.get(self._tower))
            run = cast("Run", self._run)
            done = embedded_part(run, -1, row["content"], self._batch_size)
        except Exception as raised:
            plain = raised.with_traceback(None)
            error = cloudpickle.dumps(plain)  # pyright: ignore[reportPrivateImportUsage]
        return {
            "part": row["part"],
            "content": done.content,
            "gone": b"\0".join(done.gone),
            "machine": platform.node(),
            "error": error,
        }
