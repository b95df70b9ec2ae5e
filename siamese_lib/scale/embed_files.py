"""Embed files, as many as there are: part by part, each written to disk when it is done.

A part is read by threads and embedded in batches, so memory holds a few batches of pictures. What
was killed goes on with the parts that are missing.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.dataset import DataError
from siamese_lib.data.paths import given_path
from siamese_lib.files import digest
from siamese_lib.progress import progress_bar
from siamese_lib.runs.embedding import probe_of, same_probe
from siamese_lib.runs.run import Run
from siamese_lib.scale.embed_part import embedded_part
from siamese_lib.scale.embedded_files import EmbeddedFiles
from siamese_lib.scale.embedded_folder import EmbeddedFolder, Embedder
from siamese_lib.scale.file_list import FileList, Files
from siamese_lib.scale.on_ray import parts_on_ray
from siamese_lib.scale.parquet_files import arrow_package
from siamese_lib.texts import listed, printable, shortened

if TYPE_CHECKING:
    from siamese_lib.network.backend import keras

_NAMED = 5  # files that a warning names


def embed_files(
    run: Run | keras.Model,
    files: Files | None,
    folder: str | os.PathLike[str],
    *,
    frame: int = -1,
    batch_size: SupportsIndex = 256,
    part: SupportsIndex = 4096,
    ray: bool = False,
    workers: SupportsIndex | None = None,
) -> EmbeddedFiles:
    """Embed files of images, more than memory holds, and write the embeddings to a folder.

    The files are read as `load_folder` reads them, and embedded as `Run.embed` does: the embeddings
    differ by the rounding of float32 at most, as the batches are others.

    They are cut into parts, each of which is on disk once it is embedded. A process that is killed
    loses the part in work. The same call then continues, and the result is the same; it refuses
    files that were changed meanwhile. Memory holds three batches of images, one part of embeddings,
    and the names in one folder. One process at a time may embed into a folder.

    **Ray.** With ``ray=True``, Ray Data embeds the parts in processes of their own. On one machine
    that is slower than without, as threads use all processors already; Ray is for several machines.
    Connect to them first with ``ray.init(address=...)``. Each needs this library, and must find the
    files under the same paths; `folder` is written by this process only. Without a connection, Ray
    is started on this machine, reachable from this machine only, and stopped at the end.

    It needs ``pip install 'siamese-lib[scale]'``.

    Args:
        run: embeds the images; or a Keras model from images to embeddings.
        files: a folder, with or without class folders, or the paths of files. None continues with
            the list that is in `folder` already, and does not look for files again.
        folder: a new folder for the embeddings, or one in which an earlier call was interrupted.
        frame: index into the steps of the run; -1 is the last.
        batch_size: images in one pass, which bounds the memory used.
        part: files in a part of a new folder.
        ray: embed with Ray.
        workers: processes that embed; by default one for each 4 processors of all machines. Only
            for Ray.

    Returns:
        The embeddings, with ids, labels and paths.

    Warns:
        UserWarning: some files were left out. `EmbeddedFiles.skipped` lists them with the reasons.

    Raises:
        DataError: there are no files; or the folder holds something else, or what another run has
            embedded, or other files. It is a `ValueError`.
        ValueError: another argument is not as described.
        IndexError: there is no such frame.
        ImportError: the extra is not installed.
        RuntimeError: Ray did not start.

    Example:
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> for name, grey in ("night", 20), ("noon", 230):
        ...     Path("photos", name).mkdir(parents=True)
        ...     for number in range(3):
        ...         Image.new("L", (40, 30), grey + number).save(f"photos/{name}/{number}.png")
        >>> found = sl.embed_files(sl.shipped_run(), "photos", "embedded", part=4)
        >>> found
        EmbeddedFiles(6 embeddings, dim=2)
        >>> for each in found.parts():
        ...     print(each.ids, each.embeddings.shape, each.labels, each.paths[0].name)
        [0 1 2 3] (4, 2) ['night' 'night' 'night' 'noon'] 0.png
        [4 5] (2, 2) ['noon' 'noon'] 1.png
        >>> gallery = sl.DiskGallery("gallery", dim=found.dim)
        >>> found.into(gallery)
        >>> gallery.labels_of([2, 3])
        array(['night', 'noon'], dtype='<U5')
    """
    batch_size = whole_number("batch_size", batch_size, 1)
    part = whole_number("part", part, 1)
    workers = None if workers is None else whole_number("workers", workers, 1)
    run = _run_of(run)
    place = given_path(folder)
    arrow_package()
    stored = _stored(place, _embedder(run, frame), files, part)
    missing = stored.missing
    done: Generator[tuple[int, bytes], None, None]
    if ray and missing:
        done = parts_on_ray(run, frame, stored, missing, batch_size, workers)
    else:
        done = (
            (number, embedded_part(run, frame, stored.list_bytes(number), batch_size).content)
            for number in missing
        )
    what = f"embedding {stored.count:,} files"
    bar = progress_bar(missing, what, "part") if len(missing) > 1 else missing
    with closing(done):
        for _, (number, content) in zip(bar, done, strict=True):
            stored.write(number, content)
    made = EmbeddedFiles.open(place)
    _say_what_was_left_out(made)
    return made


def _run_of(given: Any) -> Run:
    """Return a run; of a model, a run of one frame."""
    if not isinstance(given, Run):
        if not hasattr(given, "get_weights"):
            raise ValueError(
                f"run is {shortened(repr(given))}; expected a Run, or a Keras model from images to "
                "embeddings. Read a run with Run.load."
            )
        given = Run(given, [0], [np.asarray(weight)[None] for weight in given.get_weights()])
    channels = given.image_shape[2]
    if channels not in (1, 3):
        raise ValueError(
            f"run takes images of {channels} channels; expected 1 for grey or 3 for colours, as "
            "pictures have. Use run.embed for other arrays."
        )
    return given


def _embedder(run: Run, frame: int) -> Embedder:
    weights = digest(run.weights(frame))
    towers = run._towers
    return Embedder(
        weights=weights,
        step=int(run.steps[frame]),
        image_shape=run.image_shape,
        white=towers.white,
        embedding_dim=run.embedding_dim,
        probe=probe_of(towers.at(frame), run.image_shape),
    )


def _stored(place: Path, embedder: Embedder, files: Files | None, part: int) -> EmbeddedFolder:
    """Return the folder of an earlier call, or a new one, with its list of files."""
    begun = EmbeddedFolder.is_in(place)
    if files is None and not begun:
        raise DataError.about(
            "files",
            found="None",
            expected="a folder of images or a list of files",
            remedy="None only continues what is in the folder; nothing is there yet.",
        )
    if begun:
        stored = EmbeddedFolder.read(place)
        if stored.embedder != embedder or not same_probe(embedder.probe, stored.embedder.probe):
            raise DataError.about(
                place,
                found=f"embeddings of another run or frame ({_in_words(stored.embedder)})",
                expected=f"those of the run that is given ({_in_words(embedder)})",
                remedy="Pass that run and frame to continue, or choose a new folder.",
            )
    wanted = None if files is None else FileList(files)
    if wanted is not None and wanted.root is not None and _is_inside(place, wanted.root):
        raise DataError.about(
            place,
            found="a folder inside that of the images",
            expected="another place, as its files would be taken for images",
            remedy="Choose a folder outside.",
        )
    if not begun:
        assert wanted is not None
        return EmbeddedFolder.make(place, embedder, wanted, part)
    if wanted is not None and (words := stored.difference(wanted)):
        raise DataError.about(
            place,
            found=f"embeddings of other files: {words}",
            expected="the same files as before, in the same order",
            remedy="Choose a new folder, or pass files=None to continue with the files of then.",
        )
    return stored


def _in_words(embedder: Embedder) -> str:
    height, width, channels = embedder.image_shape
    return (
        f"weights {embedder.weights[:8]}, step {embedder.step}, {height}x{width}x{channels} images "
        f"to {embedder.embedding_dim}-D"
    )


def _is_inside(place: Path, root: Path) -> bool:
    return Path(os.path.realpath(place)).is_relative_to(os.path.realpath(root))


def _say_what_was_left_out(made: EmbeddedFiles) -> None:
    skipped: Iterable[tuple[Path, str]] = made.skipped.items()
    words = [shortened(printable(f"{path}: {why}"), 160).rstrip(".") for path, why in skipped]
    if words:
        were = "file or folder was" if len(words) == 1 else "files or folders were"
        warnings.warn(
            f"{len(words):,} {were} left out: {listed(words, _NAMED)}. "
            "EmbeddedFiles.skipped lists all of them.",
            stacklevel=3,
        )
