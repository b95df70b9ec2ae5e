"""Fetch a named set from the first mirror that delivers it whole, or say what each one did instead.

A file gets its final name only after its checksum has been verified (pooch downloads under a
temporary name and renames), so an interrupted download leaves nothing that a later call trusts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from siamese_lib.data.catalogue import DatasetSpec, Mirror
from siamese_lib.data.dataset import DataError

ANSWER_SECONDS = 4.0  # how long all mirrors together have to give any sign of life
STALL_SECONDS = 15.0  # the longest silence in mid-download


class ChecksumError(DataError):
    """A mirror delivered a file that is not the published one, and no other mirror a good one."""


def fetch(
    spec: DatasetSpec, cache: Path, notes: list[str], *, show_progress: bool
) -> tuple[Path, Mirror] | None:
    """Download the files of a set.

    Args:
        spec: the set.
        cache: the folder to put it in, made if need be.
        notes: gets a line for each mirror that did not deliver.
        show_progress: draw a bar on stderr.

    Returns:
        What to read (an `.npz` file or a folder of IDX files) and where it came from, or None if
        nothing arrived whole: no network, or every mirror failed.

    Raises:
        ChecksumError: at least one mirror sent an altered file, and none a good one.
    """
    import pooch

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
            except OSError as error:  # every exception of requests is one, and so is a full disk
                notes.append(f"{url}: {_reason(error)}")
                break
            except ValueError as error:  # how pooch reports a checksum that differs
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
            remedy="Nothing of it was kept. The mirror, or something between it and this machine, "
            f"alters files: try from another network, or put {spec.name}.npz in a folder and name "
            "that folder in the environment variable SIAMESE_DATA.",
        )
    return None


def _answering(mirrors: tuple[Mirror, ...], notes: list[str]) -> Iterator[Mirror]:
    """Yield the mirrors that answer, in order; append to `notes` what kept the others silent.

    A firewall that drops packets costs a timeout for each of a host's many addresses, and a name
    server that is away costs more, which no setting of requests bounds. So all mirrors are asked
    at once, in threads that can be left behind, and the worst case is `ANSWER_SECONDS` in all.
    """
    import requests

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
    """pooch's own HTTP download, with a time limit, a bar, and no web page taken for a file."""
    import pooch

    get = pooch.HTTPDownloader(
        progressbar=show_progress,
        chunk_size=1 << 16,
        timeout=(ANSWER_SECONDS, STALL_SECONDS),
        # The stored file as it is: a server that packs or unpacks would change its checksum.
        headers={"Accept-Encoding": "identity"},
    )

    def download(url: str, output_file: str, _pooch: object) -> None:
        get(url, output_file, None)
        with open(output_file, "rb") as stream:
            beginning = stream.read(64).lstrip().lower()
        if beginning.startswith((b"<!doctype", b"<html")):
            raise ConnectionError(
                "a web page came instead of the file: a login or block page of this network?"
            )

    return download


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch's notes out of the way: `load_dataset` says in one line what happened."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _reason(error: BaseException) -> str:
    """The innermost cause: 'Connection refused' rather than the whole of requests' wrapping."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return str(error) or type(error).__name__
