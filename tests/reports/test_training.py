"""A training of a report: it is made once, and knows where its images are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_training import corners

import siamese_lib as sl
from siamese_lib.reports.training import trained

RECIPE = sl.Recipe(embedding_dim=2, steps=10, batch_size=8)


def test_a_run_is_made_once_and_names_its_folder(tmp_path: Path) -> None:
    data = sl.Dataset(corners(24), corners(8, seed=1), ("a", "b", "c", "d"), "here", "corners")
    data, said = replace(data, root=Path("/photos")), []
    first = trained(data, RECIPE, tmp_path / "run", say=said.append)
    assert first.settings["data"] == "/photos"
    moved = trained(replace(data, root=Path("/moved")), RECIPE, tmp_path / "run", say=said.append)
    assert moved.settings == {**first.settings, "data": "/moved"}
    assert sl.Run.load(tmp_path / "run").settings == moved.settings
    other = trained(data, RECIPE, tmp_path / "run", seed=1, say=said.append)
    assert other.settings["seed"] == 1
    assert said == ["", ", kept from before", ""]


@pytest.mark.parametrize(("name", "kept"), [("mnist", "mnist"), ("my own", None)])
def test_only_a_set_that_can_be_opened_again_is_named(
    tmp_path: Path, name: str, kept: str | None
) -> None:
    data = sl.Dataset(corners(24), corners(8, seed=1), ("a", "b", "c", "d"), "here", name)
    run = trained(data, RECIPE, tmp_path / "run", say=str)
    assert run.settings.get("data") == kept
