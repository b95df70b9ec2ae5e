"""The same jobs without a notebook: ``python -m siamese_lib train | evaluate``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_DESCRIPTION = "Train a siamese network and see how well it finds similar images."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0 done, 2 bad input, 130 or 143 interrupted."""
    options = _parser().parse_args(arguments)
    try:
        return options.job(options)
    except (ValueError, OSError, ArithmeticError) as error:
        print(f"siamese_lib {options.command}: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m siamese_lib", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser(
        "train",
        help="train a tower, and save the run",
        description="Train a tower, save it as a run, and evaluate it. Ctrl-C stops early and "
        "still saves; --resume goes on where a training stopped.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = train.add_argument
    add(
        "--model",
        "--data",
        dest="data",
        default="mnist",
        metavar="NAME",
        help="what to learn: mnist, fashion_mnist, or a folder with one sub-folder per class",
    )
    add("--batch-size", type=_positive, default=128, metavar="N", help="images, or pairs, a step")
    add("--train-iter", type=_positive, default=1200, metavar="N", help="training steps")
    add(
        "--step",
        type=_positive,
        metavar="N",
        help="keep a frame of weights every N steps; without it 40 frames, most of them early",
    )
    add("--embedding-dim", type=_positive, default=2, metavar="N", help="numbers an image becomes")
    add(
        "--pairs",
        choices=("in-batch", "random"),
        default="in-batch",
        help="compare all images of a batch, or draw random pairs as the original did",
    )
    add("--margin", type=float, default=1.0, help="distance beyond which different is different")
    add(
        "--learning-rate",
        type=float,
        default=0.02,
        metavar="RATE",
        help="step size of the Muon optimizer, which falls to 0 in a line",
    )
    add("--seed", type=int, default=0, metavar="N", help="of the weights and the batches")
    add("--out", type=Path, metavar="DIR", help="folder of the run (default: runs/NAME-DIMd)")
    add("--resume", action="store_true", help="go on from the checkpoint in the folder")
    add("--no-tensorboard", action="store_true", help="write no TensorBoard log into the folder")
    train.set_defaults(job=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a saved run",
        description="Print precision@7 and kNN accuracy of a saved run.",
    )
    evaluate.add_argument("run", type=Path, help="folder of the run")
    evaluate.add_argument(
        "--model",
        "--data",
        dest="data",
        metavar="NAME",
        help="images to measure on (default: those it was trained on)",
    )
    evaluate.set_defaults(job=_evaluate)
    return parser


def _train(options: argparse.Namespace) -> int:
    import siamese_lib as sl
    from siamese_lib._keras import keras

    data = _load(options.data)
    out = options.out or Path("runs") / f"{Path(options.data).name}-{options.embedding_dim}d"
    tower = sl.conv_tower(data.train.images.shape[1:], options.embedding_dim, seed=options.seed)
    steps = _epoch_length(options.train_iter)
    settings = {
        name: getattr(options, name)
        for name in ("data", "batch_size", "train_iter", "pairs", "margin", "learning_rate", "seed")
    }
    if options.pairs == "random":
        sampler: Any = sl.PairSampler(data.train.labels, options.batch_size, options.seed)
        model, loss = sl.siamese(tower), sl.ContrastiveLoss(options.margin)
    else:
        sampler = sl.BalancedBatchSampler(data.train.labels, options.batch_size, options.seed)
        model, loss = tower, sl.InBatchContrastiveLoss(options.margin)
    batches = sl.ImageBatches(data.train, sampler, steps=steps)
    recorder = sl.Recorder(
        tower,
        batches,
        validation=data.test,
        frame_every=options.step,
        folder=out,
        resume=options.resume,
        settings=settings,
    )
    guard = sl.Guard()
    callbacks = [guard, recorder, sl.Progress(recorder)]
    if not options.no_tensorboard:
        callbacks.append(sl.tensorboard(out / "tensorboard"))
    schedule = keras.optimizers.schedules.PolynomialDecay(
        options.learning_rate, options.train_iter, end_learning_rate=0.0
    )
    model.compile(sl.Muon(schedule), loss, **sl.compile_options())

    print(sl.device())
    epochs = options.train_iter // steps
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks)
    print(f"saved {recorder.run} in {out}")
    print(sl.evaluate(recorder.run, data))
    return 128 + guard.stopped_by if guard.stopped_by else 0


def _evaluate(options: argparse.Namespace) -> int:
    import siamese_lib as sl

    run = sl.Run.load(options.run)
    name = options.data or run.settings.get("data")
    if name is None:
        raise ValueError(f"{options.run} does not say what it was trained on: give --data.")
    print(run)
    print(sl.evaluate(run, _load(name, run.image_shape)))
    return 0


def _load(name: str, image_shape: tuple[int, int, int] = (28, 28, 1)) -> Any:
    """A data set by its name, or a folder of images by its path, which has a slash or exists."""
    import siamese_lib as sl

    if Path(name).is_dir():
        height, width, channels = image_shape
        color = "grayscale" if channels == 1 else "rgb"
        return sl.load_folder(name, image_size=(height, width), color=color)
    return sl.load_dataset(name)


def _epoch_length(steps: int, at_most: int = 100) -> int:
    """Steps of one Keras epoch: a divisor of all steps, after which a checkpoint can be made."""
    divisors = [n for n in range(10, at_most + 1) if steps % n == 0]
    return max(divisors, default=steps)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
