"""Download a named set from the first mirror that delivers all of it.

A file gets its final name only after its checksum has been verified: pooch downloads under a
temporary name, then renames. So an interrupted download leaves nothing that a later call would use.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese_lib.data.dataset import DataError
from siamese_lib.data.sources import DatasetSpec, Mirror
from siamese_lib.outputs import in_notebook
from siamese_lib.progress import in_terminal

ANSWER_SECONDS = 4.0  # all mirrors together must respond within this time
STALL_SECONDS = 15.0  # the longest pause in the middle of a download


class ChecksumError(DataError):
    """A mirror delivered a file with a wrong checksum, and no other mirror delivered a good one."""


def fetch(
    spec: DatasetSpec, cache: Path, notes: list[str], *, show_progress: bool
) -> tuple[Path, Mirror] | None:
    """Download the files of a set.

    Args:
        spec: the set.
        cache: the folder to put them in, created if it is missing.
        notes: one line is appended for each mirror that did not deliver.
        show_progress: show a progress bar on standard error, if that is a terminal or a notebook.

    Returns:
        What to read (an `.npz` file or a folder of IDX files) and the mirror it came from; None
        if no mirror delivered the whole set, for example without a network.

    Raises:
        ChecksumError: at least one mirror sent an altered file, and none sent a good one.
    """
    import pooch  # waits: slow to import

    downloader = _downloader(show_progress)
    whole = cache / f"{spec.name}.npz"
    altered = []
    for mirror in _answering(spec.mirrors, notes):
        path = whole if whole.name in mirror.files else cache / spec.name
        for file, checksum in mirror.files.items():
            url = mirror.base_url + file
            try:
                with _quiet(pooch.get_logger()):
                    pooch.retrieve(
                        url,
                        known_hash=checksum,
                        fname=file,
                        path=cache if path == whole else path,
                        downloader=downloader,
                    )
            except OSError as error:  # every error of requests is one; a full disk too
                notes.append(f"{url}: {_reason(error)}")
                break
            except ValueError as error:  # what pooch raises for a wrong checksum
                notes.append(f"{url}: {error}")
                altered.append(notes[-1])
                break
        else:
            return path, mirror
    if altered:
        raise ChecksumError.about(
            spec.name,
            found=f"a download that is not the published file ({'; '.join(altered)})",
            expected="the published checksum",
            remedy="The download was deleted. The mirror, or something between it and this "
            f"machine, alters files. Try another network, or put {spec.name}.npz in a folder and "
            "set the environment variable SIAMESE_DATA to that folder.",
        )
    return None


def _answering(mirrors: tuple[Mirror, ...], notes: list[str]) -> Iterator[Mirror]:
    """Yield the mirrors that answer, in order; append to `notes` why the others did not.

    A firewall that drops packets costs one timeout for each of a host's many addresses. A name
    server that does not respond costs more, and no setting of requests limits that. So all mirrors
    are asked at once, in threads that can be abandoned, and the wait is `ANSWER_SECONDS` at worst.
    """
    import requests  # waits: slow to import

    def ask(url: str, trouble: list[str]) -> None:
        try:
            requests.head(url, timeout=ANSWER_SECONDS).close()
        except OSError as error:
            trouble.append(_reason(error))

    deadline = time.monotonic() + ANSWER_SECONDS
    questions = []
    for mirror in mirrors:
        url, trouble = mirror.base_url + next(iter(mirror.files)), []
        thread = threading.Thread(target=ask, args=(url, trouble), daemon=True)
        thread.start()
        questions.append((mirror, url, trouble, thread))
    for mirror, url, trouble, thread in questions:
        thread.join(max(0.0, deadline - time.monotonic()))
        if thread.is_alive():
            notes.append(f"{url}: no answer within {ANSWER_SECONDS:g} s")
        elif trouble:
            notes.append(f"{url}: {trouble[0]}")
        else:
            yield mirror


def _downloader(show_progress: bool) -> Callable[[str, str, object], None]:
    """Return pooch's HTTP download, with a time limit and a progress bar; it refuses web pages."""
    import pooch  # waits: slow to import

    get = pooch.HTTPDownloader(
        # A file that standard error goes to cannot be drawn over.
        progressbar=show_progress and (in_notebook() or in_terminal()),
        chunk_size=1 << 16,
        timeout=(ANSWER_SECONDS, STALL_SECONDS),
        # Ask for the stored file as it is: compressing or unpacking it would change its checksum.
        headers={"Accept-Encoding": "identity"},
    )

    def download(url: str, output_file: str, _pooch: object) -> None:
        get(url, output_file, None)
        with open(output_file, "rb") as stream:
            beginning = stream.read(64).lstrip().lower()
        if beginning.startswith((b"<!doctype", b"<html")):
            raise ConnectionError(
                "a web page came instead of the file, perhaps a login page of this network"
            )

    return download


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Silence pooch's messages: `load_dataset` prints in one line what happened."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(error: BaseException) -> str:
    """Return the innermost cause, such as 'Connection refused', without what requests adds."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return str(error) or type(error).__name__
