"""A training of a report: it is made once, and knows where its images are."""

from __future__ import annotations

import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.reports.training import trained

RECIPE = sl.Recipe(embedding_dim=2, steps=10, batch_size=8)


@pytest.fixture
def data() -> sl.Dataset:
    return sl.Dataset(corners(24), corners(8, seed=1), ("a", "b", "c", "d"), "here", "mnist")


def test_a_run_is_made_once_and_names_its_folder(data: sl.Dataset, tmp_path: Path) -> None:
    said: list[str] = []
    train = partial(trained, data, RECIPE, tmp_path / "run", say=said.append)
    first = train(named="/photos")
    assert first.settings["data"] == "/photos"
    moved = train(named="/moved")
    assert moved.settings == {**first.settings, "data": "/moved"}
    assert sl.Run.load(tmp_path / "run").settings == moved.settings
    other = train(named="/moved", seed=1)
    assert other.settings["seed"] == 1
    assert said == ["", ", kept from before", ""]


def test_images_that_nothing_gives_again_are_not_named(data: sl.Dataset, tmp_path: Path) -> None:
    train = partial(trained, replace(data, root=Path("/photos")), RECIPE, tmp_path / "run", say=str)
    train(named="/photos")
    assert "data" not in train().settings  # the folder has changed
    assert "data" not in sl.Run.load(tmp_path / "run").settings
    assert "data" not in train(seed=1).settings


def test_it_says_that_it_continues_only_if_it_does(data: sl.Dataset, tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        signal.raise_signal(signal.SIGINT)

    def said(seed: int) -> list[str]:
        words: list[str] = []
        trained(data, RECIPE, tmp_path / "run", seed=seed, say=words.append)
        return words

    for seed, expected in ((0, [", continued"]), (1, [""])):
        with pytest.raises(KeyboardInterrupt):
            trained(data, RECIPE, tmp_path / "run", seed=2 * seed, say=interrupt)
        assert said(seed) == expected
    (tmp_path / "run" / "checkpoint.npz").write_bytes(b"damaged")
    assert said(1) == [""]
