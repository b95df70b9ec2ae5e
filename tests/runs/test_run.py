"""A run embeds as its tower did, comes back as it was saved, and refuses every kind of damage."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import SHAPE, corners, dense_tower

import siamese_lib as sl
from siamese_lib import files
from siamese_lib.network.backend import keras
from siamese_lib.runs.embedding import embed

IMAGES = corners(12).images
TOWERS = [sl.conv_tower(SHAPE, 2, seed=seed) for seed in range(3)]
HISTORY = {"step": [1, 9], "loss": [0.1 + 0.2, 1 / 3], "precision": [math.nan, 0.5]}
SETTINGS = {"data": "corners", "margin": 1.0, "layers": [1, 2]}


def make(steps: list[int] | None = None, **parts: Any) -> sl.Run:
    weights = zip(*(tower.get_weights() for tower in TOWERS), strict=True)
    frames = [np.stack(frames) for frames in weights]
    parts = {"tower": TOWERS[0], "frames": frames, "history": HISTORY, **parts}
    return sl.Run(steps=[0, 4, 9] if steps is None else steps, settings=SETTINGS, **parts)


@pytest.fixture
def run() -> sl.Run:
    return make()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make().save(tmp_path_factory.mktemp("original") / "run")


@pytest.fixture
def saved(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "run")


# --- what a run is -----------------------------------------------------------------------------


def test_every_frame_embeds_as_the_tower_did(run: sl.Run) -> None:
    for frame in (2, 0, 1, -1, -3, -2, 2):  # to and fro: one frame must not disturb another
        expected = TOWERS[frame].predict(IMAGES, verbose=0)
        embeddings = run.embed(IMAGES, frame)
        assert embeddings.dtype == np.float32
        np.testing.assert_allclose(embeddings, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(run.embed(IMAGES), embed(run.tower, IMAGES))


def test_the_tower_is_a_copy_with_the_last_weights(run: sl.Run) -> None:
    for ours, theirs in zip(run.tower.get_weights(), TOWERS[-1].get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    run.tower.set_weights([0 * weight for weight in run.tower.get_weights()])
    assert TOWERS[-1].get_weights()[0].any()
    assert TOWERS[0].get_weights()[0].any()


def test_batches_change_nothing(run: sl.Run) -> None:
    whole = run.embed(IMAGES)
    for batch_size in (1, 5, 12, 100):
        parts = run.embed(IMAGES, batch_size=batch_size)
        np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-6)


def test_greyscale_images_need_no_channel_and_floats_will_do(run: sl.Run) -> None:
    expected = run.embed(IMAGES)
    np.testing.assert_array_equal(run.embed(IMAGES[..., 0]), expected)
    np.testing.assert_array_equal(run.embed(IMAGES.astype(np.float32)), expected)


@pytest.mark.parametrize("shape", [(0, 8, 8, 1), (0, 8, 8)])
def test_no_images_give_no_embeddings(run: sl.Run, shape: tuple[int, ...]) -> None:
    embeddings = run.embed(np.zeros(shape, np.uint8))
    assert embeddings.shape == (0, 2)
    assert embeddings.dtype == np.float32


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (3, 9, 8, 1), (3, 8, 8, 3), (1, 3, 8, 8, 1)])
def test_images_of_another_shape_are_refused(run: sl.Run, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=re.escape(f"shape {shape}; expected (N, 8, 8, 1)")):
        run.embed(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("frame", [3, -4])
def test_a_frame_that_is_not_there(run: sl.Run, frame: int) -> None:
    with pytest.raises(IndexError, match=f"frame is {frame}; expected -3 to 2"):
        run.embed(IMAGES, frame)


def test_what_it_says_of_itself(run: sl.Run) -> None:
    assert repr(run) == "Run(3 frames from step 0 to 9, 8x8x1 images to 2-D)"
    assert len(run) == 3
    assert run.image_shape == SHAPE
    assert run.embedding_dim == 2
    assert run.steps.dtype == np.int64


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"steps": []}, r"steps: got \[\]; expected .* at least one"),
        ({"steps": [0, 4, 4]}, r"steps: got \[0, 4, 4\]; expected ascending"),
        ({"steps": [0, 4]}, "got 3 frames of weights; expected one for each of 2 steps"),
        ({"frames": []}, "got weights of shapes"),
        ({"tower": sl.conv_tower(SHAPE, 3)}, "pass it to Run.load as tower="),
        ({"history": {"step": [1, 2], "loss": [0.5]}}, "expected equal lengths"),
    ],
)
def test_parts_that_do_not_fit(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**parts)


# --- save and load -----------------------------------------------------------------------------


def test_a_saved_run_comes_back_bit_for_bit(run: sl.Run, saved: Path) -> None:
    again = sl.Run.load(saved)
    np.testing.assert_array_equal(again.steps, run.steps)
    assert again.settings == SETTINGS
    np.testing.assert_equal(again.history, HISTORY)  # holds NaN
    for frame in range(3):
        for ours, theirs in zip(again.weights(frame), run.weights(frame), strict=True):
            assert ours.dtype == np.float32
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(again.embed(IMAGES, frame), run.embed(IMAGES, frame))


def test_half_precision_is_half_the_size_and_close(run: sl.Run, saved: Path) -> None:
    half = run.save(saved.parent / "half", dtype="float16")
    sizes = [sum(file.stat().st_size for file in folder.iterdir()) for folder in (half, saved)]
    assert sizes[0] < 0.55 * sizes[1]
    again = sl.Run.load(half)
    assert again.weights()[0].dtype == np.float32
    np.testing.assert_allclose(again.embed(IMAGES), run.embed(IMAGES), atol=0.01)
    with pytest.raises(ValueError, match="dtype is 'int8'; expected 'float32' or 'float16'"):
        run.save(saved, dtype="int8")


def test_the_folder_is_as_documented(run: sl.Run, saved: Path) -> None:
    index = json.loads((saved / "run.json").read_text())
    assert index["format"] == 1
    assert index["tower"].keys() == {"image_shape", "embedding_dim", "probe"}
    frames = saved / index["frames"]["file"]
    assert {file.name for file in saved.iterdir()} == {"run.json", frames.name}
    assert index["frames"]["sha256"] == hashlib.sha256(frames.read_bytes()).hexdigest()
    with np.load(frames) as arrays:
        assert [arrays[f"w{i}"].shape for i in range(10)] == [
            (3, *weight.shape) for weight in TOWERS[0].weights
        ]
    plain = saved.parent / "plain"
    plain.touch()
    for file in run.save(saved.parent / "again").iterdir():  # to be read by whoever may read here
        assert file.stat().st_mode == plain.stat().st_mode


def test_saving_again_replaces_the_run(saved: Path) -> None:
    make(steps=[0, 1, 2]).save(saved)
    other = sl.Run(TOWERS[1], [7], [weight[None] for weight in TOWERS[1].get_weights()])
    other.save(saved)
    assert len(list(saved.iterdir())) == 2
    assert sl.Run.load(saved).steps.tolist() == [7]


class Crash(BaseException):
    """Neither an error nor an interrupt, so that nothing may catch it by kind."""


@pytest.mark.parametrize("moment", range(4))
def test_a_save_that_is_cut_short_leaves_the_run_before(
    saved: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Fail at the first or second file, while it is written or when it is put in place."""
    function, which = [("fsync", 0), ("replace", 0), ("fsync", 1), ("replace", 1)][moment]
    calls, real = [], getattr(os, function)

    def fail(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > which:
            raise Crash
        real(*arguments)

    other = sl.Run(TOWERS[1], [7], [weight[None] for weight in TOWERS[1].get_weights()])
    with monkeypatch.context() as patch:
        patch.setattr(files.os, function, fail)
        with pytest.raises(Crash):
            other.save(saved)
    assert sl.Run.load(saved).steps.tolist() == [0, 4, 9]
    assert not list(saved.glob(".partial-*"))
    other.save(saved)  # and the next one succeeds, and tidies up
    assert sl.Run.load(saved).steps.tolist() == [7]
    assert len(list(saved.iterdir())) == 2


def test_a_first_save_that_was_killed_does_not_bar_the_next(run: sl.Run, tmp_path: Path) -> None:
    (tmp_path / "frames-0123456789ab.npz").write_bytes(b"half")
    (tmp_path / ".partial-frames-0123456789ab.npz").write_bytes(b"half")
    run.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    sl.Run.load(tmp_path)


@pytest.mark.parametrize("name", ["thesis.doc", "run.json", "frames-of-mine.npz", "frames-"])
def test_a_folder_of_something_else_is_left_alone(run: sl.Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(sl.RunError, match=name):
        run.save(tmp_path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "{}")]


def test_a_file_is_no_folder(run: sl.Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(sl.RunError, match="is a file"):
        run.save(tmp_path / "file")


@pytest.mark.parametrize("value", [np.int64(3), Path("photos"), math.nan])
def test_settings_that_json_cannot_hold_destroy_nothing(saved: Path, value: Any) -> None:
    run = make()
    run.settings["odd"] = value
    with pytest.raises(ValueError, match="settings: got a value that JSON cannot hold"):
        run.save(saved)
    assert sl.Run.load(saved).settings == SETTINGS


# --- damage ------------------------------------------------------------------------------------


def edit_index(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    index = json.loads((folder / "run.json").read_text())
    change(index)
    (folder / "run.json").write_text(json.dumps(index))


def put_frames(folder: Path, content: bytes) -> None:
    """Replace the frames by a file whose size and checksum fit."""
    digest = hashlib.sha256(content).hexdigest()
    entry = {"file": f"frames-{digest[:12]}.npz", "bytes": len(content), "sha256": digest}
    (folder / entry["file"]).write_bytes(content)
    edit_index(folder, lambda index: index.update(frames=entry))


def frames_file(folder: Path) -> Path:
    return folder / json.loads((folder / "run.json").read_text())["frames"]["file"]


def cut(folder: Path) -> None:
    file = frames_file(folder)
    file.write_bytes(file.read_bytes()[:-100])


def flip(folder: Path) -> None:
    content = bytearray(frames_file(folder).read_bytes())
    content[len(content) // 2] ^= 1
    frames_file(folder).write_bytes(content)


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def set_in(part: str, name: str, value: Any) -> Callable[[Path], None]:
    return lambda folder: edit_index(folder, lambda index: index[part].update({name: value}))


def set_top(name: str, value: Any) -> Callable[[Path], None]:
    return lambda folder: edit_index(folder, lambda index: index.update({name: value}))


def write_index(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "run.json").write_text(text)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "frames cut short": (cut, r"frames-\w+.npz is damaged: it has \d+ bytes; expected \d+"),
    "a flipped bit": (flip, r"frames-\w+.npz is damaged: its SHA-256 is"),
    "no frames": (lambda folder: frames_file(folder).unlink(), r"frames-\w+.npz is missing"),
    "no index": (lambda folder: (folder / "run.json").unlink(), "has no run.json"),
    "half an index": (write_index('{"format": 1, "tow'), "run.json is damaged: it is not JSON"),
    "bytes for an index": (
        lambda folder: (folder / "run.json").write_bytes(b"\xff\xfe\x00"),
        "run.json is damaged: it is not JSON",
    ),
    "another program's index": (write_index('{"runs": []}'), "run.json .*names no format"),
    "a list for an index": (write_index("[1]"), "run.json .*names no format"),
    "a later format": (set_top("format", 2), "run.json has format 2; .* expected format 1"),
    "no steps": (set_top("steps", None), "run.json is damaged: steps is missing"),
    "fewer steps": (set_top("steps", [0, 1]), "is inconsistent: .*2 steps"),
    "steps of text": (set_top("steps", ["a", "b", "c"]), "is inconsistent"),
    "a lopsided history": (
        set_in("history", "loss", [1.0]),
        "is inconsistent: .*expected equal lengths",
    ),
    "a history of numbers": (set_in("history", "loss", 1.0), "is inconsistent"),
    "no shape": (set_top("tower", {}), "is inconsistent: 'image_shape'"),
    "another shape": (set_in("tower", "image_shape", [8, 8, 3]), "is inconsistent: .*got weights"),
    "a nonsensical shape": (set_in("tower", "image_shape", "big"), "is inconsistent"),
    "another dimension": (set_in("tower", "embedding_dim", 5), "is inconsistent: .*got weights"),
    "no probe": (set_top("tower", {"image_shape": [8, 8, 1], "embedding_dim": 2}), "'probe'"),
    "a text for frames": (
        lambda folder: put_frames(folder, b"these are no frames"),
        r"frames-\w+.npz does not hold the frames",
    ),
    "one array too few": (
        lambda folder: put_frames(folder, npz(w0=np.zeros(3), w2=np.zeros(3))),
        r"frames-\w+.npz does not hold the frames",
    ),
    "frames of text": (
        lambda folder: put_frames(folder, npz(w0=np.array(["a"]))),
        "is inconsistent",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_with_the_file_and_the_reason(saved: Path, damage: str) -> None:
    spoil, message = DAMAGES[damage]
    spoil(saved)
    with pytest.raises(sl.RunError, match=message) as error:
        sl.Run.load(saved)
    assert str(saved) in str(error.value)


@pytest.mark.parametrize(
    "name", ["../secret.npz", "/etc/passwd", "..", "", ".", "a/b.npz", "secret.npz", None, 7]
)
def test_frames_are_read_from_the_folder_only(saved: Path, name: Any) -> None:
    content = frames_file(saved).read_bytes()
    for secret in (saved.parent / "secret.npz", saved / "secret.npz"):
        secret.write_bytes(content)  # would be accepted by size and checksum
    set_in("frames", "file", name)(saved)
    with pytest.raises(sl.RunError, match="names the frames file"):
        sl.Run.load(saved)


def test_nothing_in_a_run_is_executed(saved: Path, tmp_path: Path) -> None:
    witness = tmp_path / "executed"

    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(witness),)

    armed = io.BytesIO()
    np.savez(armed, allow_pickle=True, w0=np.array([Bomb()], dtype=object))
    put_frames(saved, armed.getvalue())
    with pytest.raises(sl.RunError, match="does not hold the frames"):
        sl.Run.load(saved)
    assert not witness.exists()
    with np.load(io.BytesIO(armed.getvalue()), allow_pickle=True) as arrays:
        _ = arrays["w0"]
    assert witness.exists()  # the bomb was a real one


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match="nowhere does not exist; expected the folder of a run"
    ):
        sl.Run.load(tmp_path / "nowhere")


@pytest.mark.parametrize("probe", [[0.0, 0.0], [1.0], "abc", None, [math.nan, math.nan]])
def test_a_damaged_probe_is_found_when_the_tower_is_built(saved: Path, probe: Any) -> None:
    set_in("tower", "probe", probe)(saved)
    run = sl.Run.load(saved)
    np.testing.assert_equal(run.history, HISTORY)
    for use in (lambda: run.tower, lambda: run.embed(IMAGES, 0), lambda: run.save(saved)):
        with pytest.raises(sl.RunError, match="is inconsistent"):
            use()


# --- other towers ------------------------------------------------------------------------------


def test_a_tower_that_takes_no_images_is_refused() -> None:
    numbers = keras.Input((64,))
    tower = keras.Model(numbers, keras.layers.Dense(2)(numbers))
    with pytest.raises(ValueError, match=r"inputs of shape \(None, 64\); expected images"):
        sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])


def forget_layers(folder: Path) -> None:
    """Leave out the description of the tower, which version 0.1.0 did not write."""
    edit_index(folder, lambda index: index["tower"].pop("layers"))


def test_another_tower_is_described_or_has_to_be_given(tmp_path: Path) -> None:
    tower = dense_tower()
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()])
    run.save(tmp_path)
    np.testing.assert_array_equal(sl.Run.load(tmp_path).embed(IMAGES), run.embed(IMAGES))
    forget_layers(tmp_path)
    with pytest.raises(sl.RunError, match=r"pass it to Run\.load as tower="):
        sl.Run.load(tmp_path)
    given = dense_tower(seed=1)
    again = sl.Run.load(tmp_path, tower=given)
    np.testing.assert_array_equal(again.embed(IMAGES), run.embed(IMAGES))
    np.testing.assert_array_equal(given.get_weights()[0], dense_tower(seed=1).get_weights()[0])


@pytest.mark.parametrize("unit_length", [True, False])
def test_a_photo_tower_is_known_by_its_weights(tmp_path: Path, unit_length: bool) -> None:
    shape = (9, 12, 3)
    tower = sl.photo_tower(shape, 4, seed=1, unit_length=unit_length)
    images = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    run = sl.Run(tower, [0, 3], [np.stack([w, w + 0.01]) for w in tower.get_weights()])
    run.save(tmp_path)
    again = sl.Run.load(tmp_path)
    assert repr(again) == "Run(2 frames from step 0 to 3, 9x12x3 images to 4-D)"
    for frame in (0, 1):
        expected = run.embed(images, frame)
        np.testing.assert_allclose(again.embed(images, frame), expected, rtol=1e-5, atol=1e-5)
    assert np.allclose(np.linalg.norm(again.embed(images), axis=1), 1, atol=1e-4) == unit_length


def test_a_tower_with_equal_shapes_but_other_layers_is_noticed(tmp_path: Path) -> None:
    plain = TOWERS[0]
    images = keras.Input(SHAPE)
    wider = keras.Model(images, keras.layers.Rescaling(2.0)(plain(images)))
    run = sl.Run(wider, [0], [weight[None] for weight in wider.get_weights()])
    run.save(tmp_path)
    np.testing.assert_array_equal(sl.Run.load(tmp_path).embed(IMAGES), run.embed(IMAGES))
    forget_layers(tmp_path)
    guessed = sl.Run.load(tmp_path)
    for _ in range(2):  # a second try finds it too
        with pytest.raises(
            sl.RunError, match=f"run in {tmp_path} .*not those of the tower that was"
        ):
            guessed.embed(IMAGES)
    with pytest.raises(sl.RunError, match="not those of the tower that was saved"):
        sl.Run.load(tmp_path, tower=plain)
    np.testing.assert_array_equal(
        sl.Run.load(tmp_path, tower=wider).embed(IMAGES), run.embed(IMAGES)
    )


@pytest.mark.parametrize("unit_length", [False, True])
def test_a_run_that_was_trained_in_fewer_bits_embeds_in_float32(
    tmp_path: Path, unit_length: bool
) -> None:
    whole, few = (
        sl.conv_tower((16, 16, 3), 2, seed=1, dtype=dtype, unit_length=unit_length)
        for dtype in ("float32", "mixed_bfloat16")
    )
    picture = np.resize(np.arange(256, dtype=np.uint8), (1, 16, 16, 3))
    weights = whole.get_weights()
    before_length = keras.Model(whole.input, whole.get_layer("embedding").output)
    weights[-1] += 1e-3 - np.asarray(before_length(picture))[0]  # near 0, where rounding shows
    for tower in (whole, few):
        tower.set_weights(weights)
    assert np.abs(np.asarray(few(picture)) / np.asarray(whole(picture)) - 1).max() > 0.02
    run = sl.Run(few, [0], [weight[None] for weight in weights])
    images = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    for each in (run, sl.Run.load(run.save(tmp_path / "run"))):
        np.testing.assert_allclose(each.embed(images), whole(images), rtol=1e-3, atol=1e-5)
