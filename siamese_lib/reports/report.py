"""From a folder of pictures to a verdict that can be trusted and sent, in one page."""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from siamese_lib.checks import whole_number
from siamese_lib.data.class_split import split_by_class
from siamese_lib.data.dataset import Dataset
from siamese_lib.data.image_folders import load_folder
from siamese_lib.files import size_in_words, write_atomically
from siamese_lib.metrics.headline import HEADLINE_K
from siamese_lib.reports.advice import Effort
from siamese_lib.reports.cleaning import Cleaning, clean
from siamese_lib.reports.deciding import decide
from siamese_lib.reports.inventory import inventory
from siamese_lib.reports.judging import Judgement, judge, judge_new_classes
from siamese_lib.reports.keeping import keep_collection
from siamese_lib.reports.reopening import opens_again
from siamese_lib.reports.report_page import write_page
from siamese_lib.reports.training import digest_of, steps_within, trained
from siamese_lib.reports.verdict import Report
from siamese_lib.runs.evaluation import check_enough
from siamese_lib.runs.run import Run
from siamese_lib.texts import printable
from siamese_lib.training.choices import FOLDER_SIZE
from siamese_lib.training.recipe_choice import recipe_for
from siamese_lib.training.recipes import Recipe

Say: TypeAlias = Callable[[object], None]

_HELD_OUT = 0.25  # share of the classes that the second training never sees
_FEWEST_CLASSES = 5  # with fewer, no class is held out
# Shares of the time: the training, the one on fewer classes, and the one on cleaned images.
_TRAINING, _NARROW = 0.3, 0.2
_LEAST_MINUTES = 0.5
_ENDS = 2  # frames of a training of which only the last is looked at


def report(
    source: str | os.PathLike[str] | Dataset,
    path: str | os.PathLike[str],
    *,
    image_size: int = FOLDER_SIZE,
    color: str = "rgb",
    recipe: Recipe | None = None,
    minutes: float = 5.0,
    false_accept: float = 0.01,
    seed: int = 0,
    verbose: bool = True,
) -> Report:
    """Train on images, judge the training, and write all that was found into one page.

    The steps are: look at what is there; train, and compare with what is free; train again without
    some classes, to judge on classes never seen; search for near duplicates, wrong labels and
    outliers, and train without the certain ones, to see what that gains; choose thresholds; keep a
    collection to search in. Trainings that are finished are not repeated by another call, and one
    that was interrupted continues. A collection of the same images and the same training stays as
    it is, with what you have added and removed. If the images or the training are others, or if it
    cannot be read, a new collection takes its place. An earlier one that you have changed then
    moves to a folder next to it, and the page says so.

    Args:
        source: a folder with one sub-folder of images per class, or a data set. All images must
            fit into memory; those of a data set on disk are read.
        path: of the page, ending in ``.html``. What is kept goes into a folder next to it, named
            like the page with ``_files`` at the end.
        image_size: side in pixels to which pictures of a folder are scaled.
        color: "rgb" or "grayscale", for pictures of a folder.
        recipe: how to train; by default `recipe_for` chooses it.
        minutes: about how long it may take, at least 0.5. It decides how many steps are trained, up
            to those of the recipe.
        false_accept: the share of different pairs that the threshold may call same.
        seed: of all that is random.
        verbose: whether to print what is being done.

    Returns:
        A `Report`; its `verdict` says in words what the page says first.

    Raises:
        ValueError: the images cannot be used, as `load_folder` and `Dataset.check_trainable` say;
            or an argument is out of range.
        KeyboardInterrupt: a training was interrupted. The next call continues.
    """
    began, page = time.monotonic(), Path(path)
    _check(page, minutes, false_accept)
    say = print if verbose else _silently
    given = isinstance(source, Dataset)
    data = _in_memory(source) if given else _loaded(source, image_size, color, verbose, say)
    check_enough(data)
    data.check_trainable()
    folder = page.with_name(f"{page.stem}_files")
    folder.mkdir(parents=True, exist_ok=True)
    say(f"1/6 looking at {data}")
    there = inventory(data)
    plan = _plan(folder, data, recipe or recipe_for(data), 60 * minutes, seed)
    named = opens_again(data) if given else str(data.root)
    how = {"seed": seed, "progress": verbose, "named": named}
    told = _told(say, "2/6 training", f": {plan.recipe}")
    run = trained(data, plan.recipe, folder / "run", **how, say=told)
    judged = judge(run, data, seed=seed)
    say(f"    {judged}")
    narrow = _new_classes(data, plan, folder, seed, say)
    say("4/6 searching for duplicates, wrong labels and outliers")
    cleaned = clean(run, data, there)
    cleaned.to_csv(folder / "findings.csv")
    without = _without_rejected(data, cleaned, plan, folder, seed, say)
    say("5/6 choosing thresholds")
    new = narrow[:2] if narrow else None
    decided = decide(run, data, new_classes=new, false_accept=false_accept, seed=seed)
    say("6/6 writing the page")
    kept = keep_collection(run, data, folder / "collection")
    say(f"    {kept}")
    made = Report(
        page=page,
        folder=folder,
        data=data,
        run=run,
        there=there,
        judged=judged,
        new_classes=narrow[2] if narrow else None,
        cleaned=cleaned,
        without_rejected=without,
        decided=decided,
        kept=kept,
        effort=Effort(minutes, int(run.steps[-1]), plan.recipe.steps, plan.most),
        seconds=time.monotonic() - began,
    )
    write_page(made)
    _say_what_was_made(made, say)
    return made


def _say_what_was_made(made: Report, say: Say) -> None:
    """Say the verdict, what to do next, and what was written."""
    for line in [*made.verdict, *made.advice]:
        say(line)
    say(f"wrote {printable(made.page)} ({size_in_words(made.page)}) in {made.seconds:.0f} s")
    say(
        f"wrote {printable(made.folder)} ({size_in_words(made.folder)}): the trainings, the "
        "collection and findings.csv. The page opens without this folder."
    )


def _in_memory(data: Dataset) -> Dataset:
    """Read images that are on disk: most of a report needs all of them at once."""
    train, test = (
        replace(part, images=np.asarray(part.images)) for part in (data.train, data.test)
    )
    return replace(data, train=train, test=test)


def _check(page: Path, minutes: float, false_accept: float) -> None:
    """Raise ValueError for an argument out of range."""
    if page.suffix.lower() not in (".html", ".htm") or page.is_dir():
        raise ValueError(f"path is {str(page)!r}; expected the name of a file ending in .html.")
    if not minutes >= _LEAST_MINUTES:
        raise ValueError(f"minutes is {minutes!r}; expected {_LEAST_MINUTES} or more.")
    if not 0 < false_accept < 1:
        raise ValueError(f"false_accept is {false_accept!r}; expected a number above 0, below 1.")


def _loaded(
    source: str | os.PathLike[str], image_size: int, color: str, verbose: bool, say: Say
) -> Dataset:
    """Load a folder. What it warns of is said, or warned of if nothing is said."""
    side = whole_number("image_size", image_size, 8)
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            return load_folder(source, image_size=(side, side), color=color, verbose=verbose)
    finally:
        for each in caught:
            if verbose and issubclass(each.category, UserWarning):
                say(f"    {each.message}")
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


@dataclass(frozen=True)
class _Plan:
    """The recipes of this report, with steps that fit into its time, and the steps of the first."""

    recipe: Recipe
    narrow: Recipe
    most: int


def _plan(folder: Path, data: Dataset, recipe: Recipe, seconds: float, seed: int) -> _Plan:
    """Choose the numbers of steps, or read what an earlier call for the same chose."""
    file = folder / "plan.json"
    asked = {"recipe": str(recipe), "seconds": seconds, "seed": seed, "on": digest_of(data.train)}
    try:
        known = json.loads(file.read_bytes())
        steps = {name: int(known[name]) for name in ("steps", "narrow")}
        if known["asked"] != asked:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError):
        most = steps_within(recipe, data, _TRAINING * seconds)
        steps = {"steps": most, "narrow": max(1, round(most * _NARROW / _TRAINING / 10)) * 10}
        write_atomically(file, json.dumps({"asked": asked, **steps}).encode())
    shorter = (replace(recipe, steps=steps[name]) for name in ("steps", "narrow"))
    return _Plan(*shorter, most=recipe.steps)


def _new_classes(
    data: Dataset, plan: _Plan, folder: Path, seed: int, say: Say
) -> tuple[Run, Dataset, Judgement] | None:
    """Train without some classes, and judge on these; None if there are too few classes."""
    counts = np.bincount(data.train.labels, minlength=len(data.class_names))
    if (counts > 0).sum() < _FEWEST_CLASSES:
        say(f"3/6 fewer than {_FEWEST_CLASSES} classes: none is held out")
        return None
    narrow = split_by_class(data, _HELD_OUT, seed=seed)
    sizes = np.bincount(narrow.test.labels)
    if len(narrow.test) <= HEADLINE_K or sizes.max() < 2:
        say(f"3/6 too few images in the {(sizes > 0).sum()} classes that were held out to judge by")
        return None
    held_out = int((sizes > 0).sum())
    words = f"3/6 training again without {held_out} classes, to judge on classes never seen"
    kept = folder / "run-fewer-classes"
    run = trained(narrow, plan.narrow, kept, seed=seed, frames=_ENDS, say=_told(say, words))
    judged = judge_new_classes(run, narrow, seed=seed)
    say(f"    {judged}")
    return run, narrow, judged


def _without_rejected(
    data: Dataset, cleaned: Cleaning, plan: _Plan, folder: Path, seed: int, say: Say
) -> Judgement | None:
    """Train without the rejected images; None if there are none."""
    if not len(cleaned.rejected):
        return None
    fewer = data.without(train=cleaned.rejected)
    words = f"    training again without {len(cleaned.rejected):,} of them, to see what that gains"
    kept = folder / "run-cleaned"
    run = trained(fewer, plan.recipe, kept, seed=seed, frames=_ENDS, say=_told(say, words))
    return judge(run, fewer, seed=seed)


def _told(say: Say, before: str, after: str = "") -> Say:
    """Say something between two texts."""
    return lambda words: say(f"{before}{words}{after}")


def _silently(_: object) -> None:
    """Print nothing."""
