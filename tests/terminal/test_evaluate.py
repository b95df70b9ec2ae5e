"""``python -m siamese_lib evaluate`` prints what `siamese_lib.evaluate` says."""

from __future__ import annotations

import pytest
from terminal_refusal import assert_refused

import siamese_lib as sl
from siamese_lib.__main__ import main

pytestmark = pytest.mark.usefixtures("tiny_set")


def saved(name: str, **settings: str) -> sl.Run:
    """A run that was not trained, in a folder of this name."""
    tower = sl.conv_tower((8, 8, 1), 2, seed=0)
    run = sl.Run(tower, [0], [weight[None] for weight in tower.get_weights()], settings=settings)
    run.save(name)
    return run


def test_a_run_is_measured_on_the_images_it_was_trained_on_or_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = saved("known", data="tiny")
    measured = sl.evaluate(run, sl.load_dataset("tiny"))
    saved("unknown")
    capsys.readouterr()
    assert main(["evaluate", "known"]) == 0
    assert capsys.readouterr().out.endswith(f"{measured}\n")
    assert main(["evaluate", "unknown", "--data", "tiny"]) == 0
    assert capsys.readouterr().out.endswith(f"{measured}\n")
    assert_refused(capsys, ["evaluate", "unknown"], "does not say what it was trained on")
