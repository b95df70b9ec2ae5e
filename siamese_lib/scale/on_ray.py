"""Embed the parts of a list of files with Ray Data, in processes on one machine or on several.

This process sends each part as the list of its files, and gets the content of its file back, so
only this process writes. The tower goes once to Ray's store of objects, and each worker gets it
from there.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from siamese_lib.data.dataset import DataError
from siamese_lib.data.read_many import processors
from siamese_lib.runs.last_frame import one_frame
from siamese_lib.runs.run import Run
from siamese_lib.scale.embed_part import PartWorker
from siamese_lib.scale.embedded_folder import EmbeddedFolder
from siamese_lib.scale.extras import needed_for
from siamese_lib.texts import printable

_STORE = 256 << 20  # bytes of Ray's store of objects
_PARTS = 512  # that are given to Ray at once
# What Ray reads when it is imported: it sends no statistics, and writes only to its log files, as
# what stops the work is raised.
_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
# On Linux, Ray listens on all networks, and asks for a token. This keeps it on this machine. Who
# wants other machines has imported Ray, to connect to them.
_HERE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
_CPUS = 4  # of a worker: one process does not make full use of many more


def parts_on_ray(
    run: Run,
    frame: int,
    stored: EmbeddedFolder,
    missing: Sequence[int],
    batch_size: int,
    workers: int | None,
) -> Generator[tuple[int, bytes], None, None]:
    """Yield the numbers of parts and the contents of their files, as they get done.

    Args:
        run: embeds the images.
        frame: index into its steps.
        stored: has the lists of files.
        missing: the numbers of the parts.
        batch_size: images in one pass.
        workers: how many processes; None for one for each 4 processors.

    Raises:
        ImportError: Ray is not installed.
        DataError: a worker does not find files that this process finds.
        RuntimeError: Ray did not start.
        ValueError: the tower cannot be sent to another process.
    """
    ray = _package()
    sent = _packed(ray, one_frame(run, frame))
    with _quiet(), _cluster(ray):
        count, cpus = _workers([*map(_processors_of, ray.nodes())], workers)
        tower = ray.put(sent)
        for start in range(0, len(missing), _PARTS):
            window = [
                {"part": number, "content": stored.list_bytes(number)}
                for number in missing[start : start + _PARTS]
            ]
            rows = ray.data.from_items(window, override_num_blocks=len(window)).map(
                PartWorker,
                fn_constructor_args=[tower, batch_size],
                compute=ray.data.ActorPoolStrategy(size=min(count, len(window))),
                num_cpus=cpus,
            )
            for row in rows.iter_rows():
                if row["error"]:
                    raise ray.cloudpickle.loads(row["error"])
                _check_found(row["gone"], row["machine"])
                yield int(row["part"]), bytes(row["content"])


def _processors_of(node: dict[str, Any]) -> int:
    return int(node["Resources"].get("CPU", 0)) if node["Alive"] else 0


def _workers(processors: Sequence[int], wanted: int | None) -> tuple[int, int]:
    """Return how many workers there are to be, and how many processors each takes.

    Args:
        processors: of each machine.
        wanted: how many workers the user wants, or None.
    """
    if wanted is not None:
        return min(wanted, max(1, sum(processors))), 1
    each = min([_CPUS, *filter(None, processors)])
    return max(1, sum(one // each for one in processors)), each


def _packed(ray: Any, run: Run) -> bytes:
    """Return a run as bytes for another process."""
    try:
        return ray.cloudpickle.dumps(run)
    except Exception as error:  # a class of the user's own raises what it likes
        raise ValueError(
            f"run has a tower that cannot be sent to another process ({type(error).__name__}: "
            f"{error}); expected one that Keras can save. Register its classes with "
            "keras.saving.register_keras_serializable, or embed without Ray."
        ) from error


def _check_found(gone: bytes, machine: str) -> None:
    """Raise DataError if a worker missed a file that is here."""
    files = gone.split(b"\0") if gone else []
    lost = next((os.fsdecode(file) for file in files if os.path.exists(file)), None)
    if lost is not None:
        raise DataError.about(
            printable(lost),
            found=f"nothing on the machine {machine}, where a part is embedded",
            expected="the file, as on this machine",
            remedy="Put the files where all machines find them under the same path.",
        )


@contextmanager
def _cluster(ray: Any) -> Iterator[None]:
    """Use the machines that Ray is connected to; or start Ray here, and stop it at the end."""
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(
            address="local",
            num_cpus=processors(),
            include_dashboard=False,
            object_store_memory=_STORE,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _node_ip_address="127.0.0.1",
        )
    except Exception as error:  # Ray has no type for it
        raise RuntimeError(
            f"Ray did not start on this machine ({error}) It has 30 seconds for that: try again "
            "when less is running, or connect to Ray with ray.init first, or embed without it."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray Data from reporting each step."""
    from ray.data import DataContext  # waits: an optional package, siamese-lib[scale]

    logger, context = logging.getLogger("ray.data"), DataContext.get_current()
    before = logger.level, context.enable_progress_bars
    logger.setLevel(logging.ERROR)
    context.enable_progress_bars = False
    try:
        yield
    finally:
        logger.setLevel(before[0])
        context.enable_progress_bars = before[1]


def _package() -> Any:
    """Import Ray, which is then started for this machine only.

    Raises:
        ImportError: it is not installed.
    """
    if "ray" not in sys.modules:
        for name, value in (_SETTINGS | _HERE).items():
            os.environ.setdefault(name, value)
    with needed_for("Embedding with Ray"):
        import ray  # waits: an optional package, siamese-lib[scale]
        import ray.data  # waits: as ray
    return ray
