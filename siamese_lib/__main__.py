"""The same jobs without a notebook: ``python -m siamese_lib train | evaluate | ...``."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from siamese_lib.terminal import export, retrieve
from siamese_lib.terminal.options import (
    above_zero,
    add_data,
    count,
    is_folder,
    lasting_name,
    load,
    load_for_run,
    positive,
)

_DESCRIPTION = "Train a siamese network and see how well it finds similar images."
_IMAGE_SIZE = 32  # of a folder's images: the largest that the tower sees without averaging


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0 done, 2 bad input, 130 or 143 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.job(options)
    except (ValueError, OSError, ArithmeticError, ImportError) as error:
        print(f"siamese_lib {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"siamese_lib {options.command}: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m siamese_lib", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a tower, save the run, and measure it",
        description="Train a tower, save it as a run, and print precision@7 and kNN accuracy of "
        "the test images. Ctrl-C stops early and still saves.",
        epilog="For example: python -m siamese_lib train --data photos/ --embedding-dim 16",
    )
    add = train.add_argument
    add_data(train, "what to learn", default="mnist", after="default: mnist")
    add(
        "--image-size",
        type=positive,
        metavar="N",
        help=f"bring a folder's images to N by N pixels (default: {_IMAGE_SIZE})",
    )
    add(
        "--color",
        choices=("rgb", "grayscale"),
        help="whether a folder's images keep their colours (default: rgb, they do)",
    )
    add(
        "--batch-size",
        type=positive,
        default=128,
        metavar="N",
        help="images in a step, or pairs with --pairs random (default: %(default)s)",
    )
    add(
        "--train-iter",
        type=positive,
        default=1200,
        metavar="N",
        help="training steps (default: %(default)s)",
    )
    add(
        "--step",
        type=positive,
        metavar="N",
        help="keep the weights every N steps (default: at 40 steps, most of them early, when most "
        "changes)",
    )
    add(
        "--embedding-dim",
        type=positive,
        default=2,
        metavar="N",
        help="how many numbers an image becomes (default: %(default)s, which can be drawn)",
    )
    add(
        "--pairs",
        choices=("in-batch", "random"),
        default="in-batch",
        help="compare all images of a batch with each other, or draw random pairs as the "
        "original did (default: %(default)s)",
    )
    add(
        "--margin",
        type=above_zero,
        default=1.0,
        metavar="D",
        help="push images of different classes at least this far apart (default: %(default)s)",
    )
    add(
        "--shift",
        type=count,
        default=0,
        metavar="PIXELS",
        help="move each image by up to so many pixels, anew each time it is trained on (default: "
        "%(default)s, not at all)",
    )
    add(
        "--learning-rate",
        type=above_zero,
        default=0.02,
        metavar="RATE",
        help="first step size of the Muon optimizer; it falls to 0 in a line "
        "(default: %(default)s)",
    )
    add(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of the first weights and the batches (default: %(default)s)",
    )
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder of the run, which replaces a run that is there (default: runs/mnist-2d, or as "
        "the data and dimension are)",
    )
    add(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint in the folder, with the same other options",
    )
    add("--no-tensorboard", action="store_true", help="write no TensorBoard log into the folder")
    train.set_defaults(job=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a saved run",
        description="Print precision@7 and kNN accuracy of a saved run: each test image is looked "
        "up among the first 10,000 training images.",
    )
    evaluate.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    add_data(evaluate, "images to measure on", after="default: those it was trained on")
    evaluate.set_defaults(job=_evaluate)
    retrieve.add_parser(commands)
    export.add_parser(commands)
    return parser


def _train(options: argparse.Namespace) -> int:
    import siamese_lib as sl
    from siamese_lib.metrics.headline import NEIGHBOURS
    from siamese_lib.network.backend import keras
    from siamese_lib.runs.evaluation import check_enough

    data = _load_to_train(options)
    check_enough(data)  # now, not after an hour of training
    out = options.out or Path("runs") / f"{data.name}-{options.embedding_dim}d"
    tower = sl.conv_tower(data.train.images.shape[1:], options.embedding_dim, seed=options.seed)
    if options.pairs == "random":
        sampler: Any = sl.PairSampler(data.train.labels, options.batch_size, options.seed)
        model, loss = sl.siamese(tower), sl.ContrastiveLoss(options.margin)
    else:
        sampler = sl.BalancedBatchSampler(data.train.labels, options.batch_size, options.seed)
        model, loss = tower, sl.InBatchContrastiveLoss(options.margin)
    steps = _epoch_length(options.train_iter)
    augment = sl.RandomShift(options.shift) if options.shift else None
    batches = sl.ImageBatches(data.train, sampler, steps=steps, augment=augment)
    settings = {
        name: getattr(options, name)
        for name in (
            "batch_size",
            "train_iter",
            "pairs",
            "margin",
            "shift",
            "learning_rate",
            "seed",
        )
    }
    recorder = sl.Recorder(
        tower,
        batches,
        validation=data.test if len(data.test) > NEIGHBOURS else None,
        frame_every=options.step,
        folder=out,
        resume=options.resume,
        settings={"data": lasting_name(options.data), **settings},
    )
    guard = sl.Guard()
    callbacks = [guard, recorder, sl.Progress(recorder)]
    if not options.no_tensorboard:
        log = out / "tensorboard"
        if not options.resume:
            shutil.rmtree(log, ignore_errors=True)  # of the run that is replaced
        callbacks.append(sl.tensorboard(log))
    schedule = keras.optimizers.schedules.PolynomialDecay(
        options.learning_rate, options.train_iter, end_learning_rate=0.0
    )
    model.compile(sl.Muon(schedule), loss, **sl.compile_options())

    print(sl.device(), flush=True)
    try:
        epochs = options.train_iter // steps
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    except sl.DivergedError:
        recorder.run.save(out)
        raise
    print(f"saved {recorder.run} in {out}")
    if guard.stopped_by:
        print(f"Stopped early: --resume goes on, `evaluate {out}` measures what there is.")
        return 128 + guard.stopped_by
    print(sl.evaluate(recorder.run, data))
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    import siamese_lib as sl

    run = sl.Run.load(options.run)
    print(run)
    data = load_for_run(run, options.data, options.run)
    print(sl.evaluate(run, data))
    return 0


def _load_to_train(options: argparse.Namespace) -> Any:
    if not is_folder(options.data) and (options.image_size or options.color):
        raise ValueError(
            f"--image-size and --color are for a folder of images, and {options.data} is a set "
            "whose images have their own. Leave them out."
        )
    size = options.image_size or _IMAGE_SIZE
    return load(options.data, (size, size), options.color or "rgb")


def _epoch_length(steps: int, at_most: int = 100) -> int:
    """Steps of one Keras epoch: a divisor of all steps. After each, TensorBoard gets histograms."""
    divisors = [n for n in range(10, at_most + 1) if steps % n == 0]
    return max(divisors, default=steps)


if __name__ == "__main__":
    sys.exit(main())
